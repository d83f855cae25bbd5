import { execFile } from 'node:child_process'
import { expect, test } from 'vitest'

type Exit = { code: number; stdout: string; stderr: string }
const runCommand = (...words: string[]) =>
  new Promise<Exit>((resolve) =>
    execFile(process.execPath, ['db/cli/main.ts', ...words], (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    ),
  )

test.each([
  [['nope'], 'there is no command "nope"'],
  [['doctor', 'acme'], 'doctor does not take "acme"'],
  [['tenant', 'list', '--bogus'], "Unknown option '--bogus'"],
  [['tenant', 'show'], 'usage: npm run rowhouse -- tenant show SLUG'],
])('%j is a usage error: exit 2, and the usage on standard error', async (words, message) => {
  const { code, stdout, stderr } = await runCommand(...words)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(message)
  expect(stderr).toContain('usage: npm run rowhouse -- ')
})

test('an expected error is one sentence without a stack, and exits with 1', async () => {
  const { code, stderr } = await runCommand('tenant', 'show', 'no-such-tenant')
  expect({ code, lines: stderr.trim().split('\n').length }).toEqual({ code: 1, lines: 1 })
  expect(stderr).toContain('no-such-tenant')
})
