// Starts the server under test and writes its output to a file, in which tests look for secrets and
// error digests.
import { spawn } from 'node:child_process'
import { mkdirSync, openSync, writeFileSync } from 'node:fs'

mkdirSync('test-results', { recursive: true })
// passed as a file descriptor, because the log bypasses process.stdout
const log = openSync('test-results/server.log', 'w')
const server = spawn(process.execPath, ['scripts/start.ts'], { stdio: ['ignore', log, log] })
writeFileSync('test-results/server.pid', String(server.pid))
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => server.kill(signal))
server.on('exit', (code) => process.exit(code ?? 1))
