import { parseArgs } from 'node:util'
import { commands, type Command, type CommandInput } from '#db/cli/commands'
import { UsageError } from '#db/cli/usage-error'
import { explainError, isUnexpected } from '#db/explain-error'
import { logToStandardError } from '#db/log'
import { closeConnections, tenancy } from '#db/tenancy'

/** The options of every command. `--debug` adds the stack trace to an error. */
const everywhere = {
  help: { type: 'boolean' },
  json: { type: 'boolean' },
  debug: { type: 'boolean' },
} as const

logToStandardError()
const words = process.argv.slice(2)
const command = commands
  .filter((one) => one.words.every((word, i) => words[i] === word))
  .sort((a, b) => b.words.length - a.words.length)[0]
process.exitCode = command ? await execute(command) : listCommands()

async function execute(found: Command): Promise<number> {
  try {
    const input = parse(found)
    if (input.values.help) {
      console.log(`usage: npm run rowhouse -- ${found.usage}\n\n${found.about}`)
      return 0
    }
    if (found.needsSessions)
      await (await import('@rowhouse/tenancy/checks')).assertDirectLogins(tenancy())
    const { run } = await found.load()
    const result = await run(input)
    if (input.values.json) console.log(JSON.stringify(result.json))
    else if (result.text) console.log(result.text)
    return result.failed ? 1 : 0
  } catch (error) {
    if (isUsageError(error)) {
      console.error(`${error.message}\n\nusage: npm run rowhouse -- ${found.usage}`)
      return 2
    }
    const debug = words.includes('--debug')
    const hint = !debug && isUnexpected(error) ? ' Run again with --debug for the stack trace.' : ''
    console.error(`${explainError(error)}${hint}`)
    if (debug && error instanceof Error) console.error(error.stack)
    return 1
  } finally {
    await closeConnections()
  }
}

/**
 * Lists all commands.
 *
 * @returns The exit code.
 */
function listCommands(): number {
  const listing = commands.map(({ usage, about }) => `  ${usage.padEnd(64)} ${about}`).join('\n')
  const help = `usage: npm run rowhouse -- <command>\n\n${listing}\n\nEvery command takes --help, --json and --debug.`
  if (words.length === 0 || words.includes('--help')) console.log(help)
  else console.error(`there is no command ${JSON.stringify(words.join(' '))}\n\n${help}`)
  return words.includes('--help') ? 0 : 2
}

function parse({ words: name, takesArgument, options = {} }: Command): CommandInput {
  const { values, positionals } = parseArgs({
    args: words.slice(name.length),
    allowPositionals: true,
    options: { ...options, ...everywhere },
  })
  if (positionals.length > 0 && !takesArgument)
    throw new UsageError(`${name.join(' ')} does not take ${JSON.stringify(positionals[0])}`)
  return { values: values as CommandInput['values'], positionals }
}

function isUsageError(error: unknown): error is Error {
  if (UsageError.is(error)) return true
  return (
    error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  )
}
