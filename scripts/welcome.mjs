export function welcome(url, status, logins) {
  const wide = Math.max(...logins.map(({ email }) => email.length), 0)
  const widePassword = Math.max(...logins.map(({ password }) => password.length), 0)
  const lines = [
    `Rowhouse is ready: ${url}`,
    ...(status >= 500 ? [`(its first page answers ${status}: the reason is above)`] : []),
    ...(logins.length > 0 ? ['', 'Sign in as'] : []),
    ...logins.map(
      ({ email, password, what }) =>
        `  ${email.padEnd(wide)}  ${password.padEnd(widePassword)}  ${what}`,
    ),
    '',
    'Ctrl-C stops everything.',
  ]
  return box(lines)
}

function box(lines) {
  const width = Math.max(...lines.map((line) => line.length))
  const bar = '─'.repeat(width + 2)
  return ['', `┌${bar}┐`, ...lines.map((line) => `│ ${line.padEnd(width)} │`), `└${bar}┘`, ''].join(
    '\n',
  )
}
