// The server under test, with what it prints kept in a file: the last browser test looks for secrets in it.
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'

mkdirSync('test-results', { recursive: true })
writeFileSync('test-results/server.log', '')
writeFileSync('test-results/server.pid', String(process.pid))
for (const stream of [process.stdout, process.stderr]) {
  const write = stream.write.bind(stream)
  stream.write = (chunk, ...rest) => {
    appendFileSync('test-results/server.log', chunk)
    return write(chunk, ...rest)
  }
}
await import('../scripts/start.mjs')
