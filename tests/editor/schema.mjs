#!/usr/bin/env node
// Does `sluice schema` say what lint says? Every shipped pipeline is valid by it, and of the wrong ones every one
// whose mistake a schema can see is not.
//
//     schema.mjs SLUICE SOURCE-DIR
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Ajv from 'ajv'
import { parse } from 'yaml'
import { check, plan } from './tap.mjs'

const [sluice, source] = process.argv.slice(2)
const env = { PATH: process.env.PATH }
for (const name of ['ASAN_OPTIONS', 'UBSAN_OPTIONS', 'TSAN_OPTIONS'])
    if (process.env[name]) env[name] = process.env[name]

// What only lint can see, beside what components themselves complain of: several values together, texts of a form of
// their own, YAML that a parser takes.
const onlyLint = `alias-bomb anchor-and-alias id-twice latin-1 nul spend-currency spend-timezone state-ledger tag test-unknown too-deep
    trigger-cron trigger-cron-field trigger-never two-spenders variable-bad-name variable-in-key variable-nested
    variable-unclosed`.split(/\s+/)

function run(...words) {
    return spawnSync(sluice, words, { encoding: 'utf8', env })
}

const printed = run('schema')
check('schema: exit code', printed.status === 0 ? '' : printed.stderr)
const schema = JSON.parse(printed.stdout)
// strict: a keyword that is mistyped, or that says nothing where it stands, is an error.
const ajv = new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true, allErrors: true })
const validate = ajv.compile(schema)

function complaints(text) {
    try {
        return validate(parse(text)) ? '' : ajv.errorsText(validate.errors)
    } catch (error) {
        return String(error)
    }
}

// --- pipelines that are there ---
for (const file of readdirSync(join(source, 'pipelines')).filter(name => name.endsWith('.yaml')))
    check(`pipelines/${file} is valid`, complaints(readFileSync(join(source, 'pipelines', file), 'utf8')))
for (const page of ['README.md', ...readdirSync(join(source, 'docs')).map(name => `docs/${name}`)]) {
    if (!page.endsWith('.md')) continue
    const blocks = readFileSync(join(source, page), 'utf8').matchAll(/^```yaml\n(.*?)^```$/gms)
    check(`the pipelines of ${page} are valid`, [...blocks].map(block => complaints(block[1])).join(''))
}
for (const file of readdirSync(join(source, 'tests/golden')).filter(name => name.endsWith('.yaml'))) {
    const name = file.replace('.yaml', '')
    const wrong = complaints(readFileSync(join(source, 'tests/golden', file), 'utf8'))
    const errors = readFileSync(join(source, 'tests/golden', `${name}.expected`), 'utf8').match(/: error: .*/g)
    if (errors.every(line => /^: error: (source|action|sink) '[^']*': /.test(line))) continue // an opened component's
    if (onlyLint.includes(name)) check(`${name}: lint alone sees it`, wrong && `the schema does, too: ${wrong}`)
    else check(`${name}: isn't valid`, wrong ? '' : 'it is, by the schema')
}

// --- a value may be a variable wherever a scalar stands ---
function scalar(option) {
    return option.enum || [option.type].flat().some(type => type === 'string') ||
        (option.anyOf || []).some(one => scalar(one))
}

function minimal(component, options) {
    const needed = Object.fromEntries((component.required || []).map(name => [name, '${NEEDED}']))
    return { ...needed, ...options }
}

const frame = { source: { csv: { path: 'a.csv' } }, sinks: [{ csv: { path: 'b.csv' } }] }
let options = 0
for (const [place, kind] of Object.entries(schema.definitions))
    for (const [name, component] of Object.entries(kind.properties))
        for (const [option, row] of Object.entries(component.properties)) {
            const one = { [name]: minimal(component, { [option]: scalar(row) ? '${NAME:-x}' : {} }) }
            const pipeline = { ...frame, [place]: place === 'source' ? one : [one] }
            options += 1
            if (!validate(pipeline)) check(`${place} ${name}: ${option}`, ajv.errorsText(validate.errors))
            if (!row.description) check(`${place} ${name}: ${option} is described`, 'it is not')
        }
check('every option takes a variable and is described', options > 100 ? '' : `only ${options} were seen`)

// --- value by value: the schema and lint agree ---
const home = mkdtempSync(join(tmpdir(), 'sluice-schema.'))
process.on('exit', () => rmSync(home, { recursive: true }))

function agree(what, build, values) {
    const differ = []
    for (const value of values) {
        const text = build(value), file = join(home, 'pipeline.yaml')
        writeFileSync(file, text)
        const lint = run('lint', file), wrong = complaints(text)
        if (lint.status > 1 || (lint.status === 0) !== !wrong)
            differ.push(`${value}: lint ${lint.status} ${lint.stderr} the schema: ${wrong || 'valid'}`)
    }
    check(`lint and the schema agree about ${what}`, differ.join('\n'))
}

const ends = 'source: {csv: {path: a.csv}}\nsinks: [{csv: {path: b.csv}}]\n'
const place = more => `source: {csv: {path: a.csv}}\nsinks: [{sqlite: {}}]\nspend: {max_run: 5}\n` +
    `actions: [{gsm_fusion.place: {username: u, api_key: "\${K}", ${more}}}]\n`
const common = ['~', "''", '[a]', '{a: b}', '"${NAME:-}"']
agree('durations', value => `${ends}spend: {repeat_after: ${value}}\n`,
    ['5m', '250ms', '2h', '30d', '15s', '0', '"0"', '5', '5x', '1.5h', '-5m', '5M', "'5 m'", 'm', ...common])
agree('durations that have a least value', value => `${ends}trigger: {every: ${value}}\n`,
    ['5m', '1s', '0', "'0'", '7', ...common])
agree('amounts', value => `${ends}spend: {max_price: ${value}}\n`,
    ['0.50', '1', '.5', '"0.50"', '+1', '0.123456', "'0.1234567'", '"1,000"', '$1', 'free', ...common])
agree('numbers', value => place(`service_id: 1, list: ${value}`),
    ['1', '100', '0', '101', '"7"', '1.5', '-1', 'many', ...common])
agree('rates', value => place(`service_id: 1, limits: {rate: ${value}}`),
    ['60/min', '5/s', '1000/h', '1/d', '1/sec', '1/m', 'none', '0/s', '60', '60/', '60 / min', '/s', ...common])
agree('addresses', value => place(`service_id: 1, base_url: ${value}`),
    ['https://a.example', 'HTTPS://a.example/x?y', 'http://127.0.0.1:8181', 'http://localhost/', '"http://[::1]:1/"',
        'http://a.example', 'http://localhost.example', 'https://u:p@a.example', 'a.example', 'ftp://a', ...common])
agree('switches', value => `${ends}actions: [{imei: {dedupe: ${value}}}]\n`,
    ['true', 'false', '"true"', 'yes', 'no', '1', ...common])
agree('choices', value => `${ends}actions: [{imei: {check: ${value}}}]\n`, ['luhn', 'any', 'Luhn', '1', ...common])
agree('texts', value => `source: {csv: {path: ${value}}}\nsinks: [{csv: {path: b.csv}}]\n`,
    ['a.csv', "'-'", '0123', 'no', '1e5', 'true', ...common.slice(0, -1)])
agree('lists', value => `source: {sqlite: {status: ${value}}}\nsinks: [{csv: {path: b.csv}}]\n`,
    ['Pending', '[Pending, In Process]', '[1, no]', '[~]', '[[a]]', '[]', ...common])
agree('maps', value => `source: {csv: {path: a.csv, columns: ${value}}}\nsinks: [{csv: {path: b.csv}}]\n`,
    ['{imei: [Device, Serial]}', '{imei: Device}', '{imei: ~}', '{imei: {a: b}}', '[imei]', '[imei, imei]', ...common])
agree('where', value => `${ends}actions: [{imei: {where: ${value}}}]\n`,
    ['{status: Done}', '{status: ~}', '{status: [a, b]}', '{status: []}', '{status: {a: b}}', '{status: [~]}', ...common])
agree('sections', value => `${ends}${value}\n`,
    ['spend:', 'trigger:', 'state:', 'vars:', 'tests:', 'actions:', 'on_reject:', 'trigger: {}', 'vars: {A: ~}',
        'vars: {A: [b]}', 'x-note: {any: [thing]}', 'X-note: 1', 'name:', 'name: 7', 'name: a b', 'description: ~',
        'trigger: {every: 5m, cron: "0 6 * * *"}', 'limits: {}', 'sinks: []', 'tests: [a]'])
agree('stores', value => `source: {orders: ${value}}\nsinks: [{csv: {path: b.csv}}]\n`,
    ['{}', '~', '{store: auto}', '{store: {sqlite: {path: a.db}}}', '{store: {sqlite: }}', '{store: {}}',
        '{store: {sqlite: {}, supabase: {}}}', '{store: {csv: {}}}', '{store: mine}', '{status: Pending}', '{stats: a}'])
plan()
