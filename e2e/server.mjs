// The server under test, with what it prints kept in a file, in which tests look for secrets and
// for the numbers of errors.
import { spawn } from 'node:child_process'
import { mkdirSync, openSync, writeFileSync } from 'node:fs'

mkdirSync('test-results', { recursive: true })
// handed over as it is: the log writes past process.stdout
const log = openSync('test-results/server.log', 'w')
const server = spawn(process.execPath, ['scripts/start.mjs'], { stdio: ['ignore', log, log] })
writeFileSync('test-results/server.pid', String(server.pid))
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => server.kill(signal))
server.on('exit', (code) => process.exit(code ?? 1))
