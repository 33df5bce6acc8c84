#!/usr/bin/env node
// What a person sees in an editor: yaml-language-server with the schema of `sluice schema` checks, completes and
// explains a pipeline.
//
//     server.mjs SLUICE SOURCE-DIR
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node.js'
import { check, plan } from './tap.mjs'

const [sluice, source] = process.argv.slice(2)
const home = mkdtempSync(join(tmpdir(), 'sluice-editor.'))
process.on('exit', () => rmSync(home, { recursive: true }))
writeFileSync(join(home, 'sluice.schema.json'), spawnSync(sluice, ['schema']).stdout)

const program = join(dirname(fileURLToPath(import.meta.url)), 'node_modules/yaml-language-server/bin/yaml-language-server')
const child = spawn(process.execPath, [program, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] })
const server = createMessageConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin))
const settings = { yaml: { validate: true, completion: true, hover: true, schemaStore: { enable: false } } }
const told = new Map() // uri -> who waits for what is wrong with it
server.onRequest('workspace/configuration', asked => asked.items.map(item => settings[item.section] ?? {}))
server.onRequest('client/registerCapability', () => null)
server.onNotification('textDocument/publishDiagnostics', ({ uri, diagnostics }) => told.get(uri)?.(diagnostics))
server.listen()

await server.sendRequest('initialize', {
    processId: process.pid, rootUri: pathToFileURL(home).href,
    capabilities: { workspace: { configuration: true }, textDocument: { hover: { contentFormat: ['markdown'] } } },
})
server.sendNotification('initialized', {})
server.sendNotification('workspace/didChangeConfiguration', { settings })

let documents = 0
// Opens a text, in which `cursor` is the cursor, as the file that names its schema; resolves to what is wrong with it.
async function open(text, cursor = '|') {
    const uri = pathToFileURL(join(home, `${++documents}.yaml`)).href
    const full = `# yaml-language-server: $schema=sluice.schema.json\n${text}`
    const at = full.indexOf(cursor), before = full.slice(0, at < 0 ? 0 : at).split('\n')
    const wrong = new Promise(resolve => told.set(uri, resolve))
    server.sendNotification('textDocument/didOpen', {
        textDocument: { uri, languageId: 'yaml', version: 1, text: at < 0 ? full : full.replace(cursor, '') },
    })
    const position = { line: before.length - 1, character: before.at(-1).length }
    return { diagnostics: await wrong, where: { textDocument: { uri }, position } }
}

async function completed(text) {
    const answer = await server.sendRequest('textDocument/completion', (await open(text)).where)
    return (answer.items ?? answer).map(item => item.label)
}

async function explained(text) {
    const answer = await server.sendRequest('textDocument/hover', (await open(text)).where)
    return JSON.stringify(answer?.contents ?? '')
}

function has(list, ...wanted) {
    return wanted.filter(one => !list.includes(one)).map(one => `${one} is missing from ${list.join(', ')}`).join('\n')
}

// --- checks ---
for (const file of readdirSync(join(source, 'pipelines')).filter(name => name.endsWith('.yaml'))) {
    const { diagnostics } = await open(readFileSync(join(source, 'pipelines', file), 'utf8'), 'no cursor')
    check(`nothing is wrong with ${file}`, diagnostics.map(one => one.message).join('\n'))
}
const ends = 'source:\n  csv: {path: a.csv}\nsinks:\n  - orders: {}\n'
for (const [name, text, line, pattern] of [
    ['a mistyped option', `${ends}actions:\n  - gsm_fusion.place:\n      servce_id: "1739"\n`, 7, /servce_id is not allowed/],
    ['a mistyped component', `${ends}actions:\n  - gsm_fusion.plce: {}\n`, 6, /gsm_fusion.plce is not allowed/],
    ['a mistyped key', `${ends}spnd: {max_run: 5}\n`, 5, /spnd is not allowed/],
    ['no duration', `${ends}trigger: {every: 5x}\n`, 5, /pattern/],
    ['no choice', `${ends}actions:\n  - imei: {check: lun}\n`, 6, /luhn/],
    ['no source', 'sinks: [{orders: {}}]\n', 1, /source/],
]) {
    const { diagnostics } = await open(text)
    const found = diagnostics.some(one => one.range.start.line === line && pattern.test(one.message))
    check(`${name} is marked`, found ? '' : JSON.stringify(diagnostics, null, 1))
}

// --- completes ---
check('the keys of a pipeline', has(await completed('|'), 'source', 'actions', 'sinks', 'spend', 'trigger', 'on_reject'))
check('the sources', has(await completed('source:\n  |'), 'csv', 'orders', 'sqlite', 'gsm_fusion.services'))
check('the actions', has(await completed(`${ends}actions:\n  - |`), 'imei', 'gsm_fusion.place', 'gsm_fusion.check'))
check('the options of an action', has(await completed(`${ends}actions:\n  - gsm_fusion.place:\n      |`),
    'service_id', 'api_key', 'list', 'where', 'limits'))
check('the keys of a test', has(await completed(`${ends}tests:\n  - name: a\n    |`), 'input', 'provider', 'expect', 'then'))
check('what a test expects', has(await completed(`${ends}tests:\n  - name: a\n    expect:\n      |`),
    'placed', 'in_doubt', 'spend', 'posts', 'orders'))
check('the choices of an option', has(await completed(`${ends}actions:\n  - imei:\n      check: |`),
    'luhn', 'digits', 'any'))
const sinks = await completed('source:\n  csv: {path: a.csv}\nsinks:\n  - |')
check('a sink is no action', has(sinks, 'csv', 'supabase') || (sinks.includes('imei') ? 'imei is offered' : ''))

// --- explains ---
check('an option is explained', /the service to order/.test(
    await explained(`${ends}actions:\n  - gsm_fusion.place:\n      serv|ice_id: "1739"\n`)) ? '' : 'it is not')
check('a component is explained', /spends money/.test(
    await explained(`${ends}actions:\n  - gsm_fu|sion.place:\n      service_id: "1739"\n`)) ? '' : 'it is not')

await server.sendRequest('shutdown')
server.sendNotification('exit')
plan()
