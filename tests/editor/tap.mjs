// Checks, printed as TAP.
let count = 0

export function check(name, problem) { // `problem` is empty when all is well
    count += 1
    console.log(`${problem ? 'not ok' : 'ok'} ${count} - ${name}`)
    for (const line of problem ? String(problem).split('\n') : []) console.log(`# ${line}`)
    if (problem) process.exitCode = 1
}

export function plan() {
    console.log(`1..${count}`)
}
