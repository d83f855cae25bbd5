import { appendFile, mkdir } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { benches } from '#db/bench/all'
import { createBenchDatabase, dropBenchDatabase } from '#db/bench/bench-database'
import { closePools } from '@rowhouse/tenancy'
import { setup } from '@rowhouse/tenancy/admin'
import { tenancy } from '#db/tenancy'

// npm run bench -- NAME [--size N] [--seconds S] [--json] prints a table or a JSON document, and
// appends the results to .data/bench/NAME.jsonl.

const {
  values,
  positionals: [name = '', ...rest],
} = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean' },
    size: { type: 'string' },
    seconds: { type: 'string', default: '90' },
    help: { type: 'boolean' },
  },
})
const bench = benches[name]
const size = values.size === undefined ? undefined : Number(values.size)
const seconds = Number(values.seconds)
const invalid =
  rest.length > 0 || !(seconds > 0) || (size !== undefined && !(Number.isInteger(size) && size > 0))
if (!bench || invalid || values.help) {
  const listing = Object.entries(benches)
    .map(([word, { about }]) => `  ${word.padEnd(12)} ${about}`)
    .join('\n')
  console[values.help ? 'log' : 'error'](
    `usage: npm run bench -- NAME [--size N] [--seconds S] [--json]\n\n${listing}`,
  )
  process.exit(values.help ? 0 : 2)
}

const started = performance.now()
const adminUrl = await createBenchDatabase(name)
const cleanUp = async () => {
  await closePools(tenancy())
  await dropBenchDatabase(adminUrl)
}
process.once('SIGINT', () => void cleanUp().finally(() => process.exit(130)))
try {
  await setup(tenancy(), { adminUrl })
  const { run } = await bench.load()
  const { text, metrics, failed } = await run({
    size,
    adminUrl,
    deadline: started + seconds * 1000,
    printProgress: (line) => void process.stderr.write(`${line}\n`),
  })
  const conditions = {
    at: new Date().toISOString(),
    seconds: Math.round((performance.now() - started) / 1000),
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? '',
  }
  await mkdir(join(process.cwd(), '.data', 'bench'), { recursive: true })
  await appendFile(
    join(process.cwd(), '.data', 'bench', `${name}.jsonl`),
    `${JSON.stringify({ ...conditions, ...metrics })}\n`,
  )
  console.log(values.json ? JSON.stringify({ bench: name, [name]: metrics, conditions }) : text)
  process.exitCode = failed ? 1 : 0
} finally {
  await cleanUp()
}
