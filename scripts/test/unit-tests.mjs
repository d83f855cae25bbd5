import { relative } from 'node:path'
import { developmentEnvironment } from '../environment.mjs'
import { root } from '../root.mjs'
import { counted, failure, fileOf, freshReport } from './outcome.mjs'

export async function unitTests({ children, args }) {
  // vitest joins this server; held here as well, it ends with us even when vitest is killed.
  const { stop } = await developmentEnvironment('test')
  try {
    return await vitest(children, args)
  } finally {
    await stop()
  }
}

async function vitest(children, args) {
  const report = freshReport('vitest.json')
  const runner = children.start(
    'vitest',
    [
      fileOf('vitest', 'vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...args,
    ],
    { cwd: root },
  )
  const { code } = await runner.ended
  return counted(
    report,
    code,
    ({ numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults }) => ({
      passed: numPassedTests,
      failed: numFailedTests,
      failures: testResults.filter(({ status }) => status === 'failed').flatMap(failuresOf),
      note: numPendingTests + numTodoTests > 0 ? `${numPendingTests + numTodoTests} skipped` : '',
    }),
  )
}

/** The failed tests of a file, or what went wrong with the file itself. */
function failuresOf({ name, message, assertionResults }) {
  const failed = assertionResults.filter(({ status }) => status === 'failed')
  const file = relative(root, name)
  return failed.length > 0
    ? failed.map(({ fullName, failureMessages }) =>
        failure(`${file} › ${fullName}`, failureMessages[0]),
      )
    : [failure(file, message)]
}
