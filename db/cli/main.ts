import { parseArgs } from 'node:util'
import { commands } from '#db/cli/commands'
import { UsageError } from '#db/cli/usage'
import { RowhouseError, closePools } from '@rowhouse/tenancy'
import { logToStandardError } from '#db/log'
import { tenancy } from '#db/tenancy'

logToStandardError()
const words = process.argv.slice(2)
const found = commands
  .filter((command) => command.words.every((word, i) => words[i] === word))
  .sort((a, b) => b.words.length - a.words.length)[0]

if (!found) {
  const listing = commands
    .map((command) => `  ${command.usage.padEnd(64)} ${command.about}`)
    .join('\n')
  const asked = words.length === 0 || words.includes('--help')
  console[asked ? 'log' : 'error'](
    `${asked ? '' : `there is no command ${JSON.stringify(words.join(' '))}\n\n`}usage: npm run rowhouse -- <command>\n\n${listing}\n\nEach takes --help and --json.`,
  )
  process.exit(asked && words.includes('--help') ? 0 : 2)
}

try {
  const { values, positionals } = read(found.options ?? {})
  if (values.help) console.log(`usage: npm run rowhouse -- ${found.usage}\n\n${found.about}`)
  else {
    const takesWord = /^ \[?[A-Z]/.test(found.usage.slice(found.words.join(' ').length))
    if (positionals.length > 0 && !takesWord)
      throw new UsageError(
        `${found.words.join(' ')} does not take ${JSON.stringify(positionals[0])}`,
      )
    const { run } = await found.load()
    const result = await run({ values, positionals })
    if (values.json) console.log(JSON.stringify(result.json))
    else if (result.text) console.log(result.text)
    process.exitCode = result.failed ? 1 : 0
  }
} catch (error) {
  const usage =
    error instanceof UsageError ||
    (error instanceof TypeError &&
      'code' in error &&
      String(error.code).startsWith('ERR_PARSE_ARGS'))
  const message = error instanceof Error ? error.message : String(error)
  console.error(
    usage
      ? `${message}\n\nusage: npm run rowhouse -- ${found.usage}`
      : RowhouseError.is(error)
        ? message
        : (error instanceof Error && error.stack) || message,
  )
  process.exitCode = usage ? 2 : 1
} finally {
  await closePools(tenancy())
}

function read(options: NonNullable<(typeof commands)[number]['options']>) {
  const { values, positionals } = parseArgs({
    args: words.slice(found?.words.length),
    allowPositionals: true,
    options: { ...options, help: { type: 'boolean' }, json: { type: 'boolean' } },
  })
  return { values: values as Record<string, string | boolean | undefined>, positionals }
}
