import type { DemoLogin } from './commands.ts'

/** The box that `npm run dev` prints. `status` is the HTTP status of the first page. */
export function welcome(url: string, status: number, logins: DemoLogin[]): string {
  const emailWidth = Math.max(...logins.map(({ email }) => email.length), 0)
  const passwordWidth = Math.max(...logins.map(({ password }) => password.length), 0)
  return box([
    `Rowhouse is ready: ${url}`,
    ...(status >= 500 ? [`(its first page answers with ${status}; see the error above)`] : []),
    ...(logins.length > 0 ? ['', 'Sign in as'] : []),
    ...logins.map(
      ({ email, password, what }) =>
        `  ${email.padEnd(emailWidth)}  ${password.padEnd(passwordWidth)}  ${what}`,
    ),
    '',
    'Press Ctrl-C to stop everything.',
  ])
}

function box(lines: string[]): string {
  const width = Math.max(...lines.map((line) => line.length))
  const bar = '─'.repeat(width + 2)
  return ['', `┌${bar}┐`, ...lines.map((line) => `│ ${line.padEnd(width)} │`), `└${bar}┘`, ''].join(
    '\n',
  )
}
