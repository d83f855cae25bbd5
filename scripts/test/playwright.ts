import type { ChildGroup } from '../children.mjs'
import type { DemoLogin } from '../commands.ts'
import type { Environment } from '../environment.ts'
import { root } from '../root.mjs'
import { failure, newReport, packageFile, readReport, type TestStepResult } from './step-result.ts'

type Spec = {
  title: string
  ok: boolean
  tests: { results: { error?: { message?: string } }[] }[]
}
type Suite = { file: string; specs?: Spec[]; suites?: Suite[] }
type PlaywrightReport = {
  stats: { expected: number; unexpected: number; flaky: number; skipped: number }
  suites: Suite[]
  errors: { message?: string }[]
}

export type PlaywrightRun = {
  env: Environment
  /** The URL that the browser opens. */
  url: string
  logins: DemoLogin[]
  browser: string
  args: string[]
}

const selectsTests = (argument: string): boolean =>
  /^([^-]|-g|--(grep|project|last-failed|only-changed|test-list))/.test(argument)

/** Runs Playwright. Without `E2E_SERVER`, it starts the production build itself. */
export async function runPlaywright(
  children: ChildGroup,
  { env, url, logins, browser, args }: PlaywrightRun,
): Promise<TestStepResult> {
  const report = newReport('playwright.json')
  const testEnv = {
    E2E_BROWSER: browser,
    E2E_LOGINS: JSON.stringify(logins),
    E2E_REPORT: report,
    E2E_URL: url,
    APP_URL: url,
    AUTH_URL: url,
  }
  const runner = children.start(
    'playwright',
    [
      packageFile('@playwright/test', 'cli.js'),
      'test',
      ...args,
      // selected tests run without the projects that they depend on
      ...(args.some(selectsTests) ? ['--no-deps'] : []),
    ],
    { cwd: root, env: { ...env, ...testEnv } },
  )
  const { code } = await runner.ended
  return readReport<PlaywrightReport>(report, code, ({ stats, suites, errors }) => ({
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected,
    failures: [
      ...suites.flatMap(failuresOf),
      ...errors.map(({ message }) => failure('playwright', message)),
    ],
    detail: [
      stats.flaky > 0 ? `${stats.flaky} flaky` : '',
      stats.skipped > 0 ? `${stats.skipped} skipped` : '',
    ]
      .filter(Boolean)
      .join(', '),
  }))
}

function failuresOf({ file, specs = [], suites = [] }: Suite): string[] {
  const failed = specs
    .filter(({ ok }) => !ok)
    .map(({ title, tests }) =>
      failure(
        `e2e/${file} › ${title}`,
        tests.flatMap(({ results }) => results).findLast(({ error }) => error)?.error?.message,
      ),
    )
  return [...failed, ...suites.flatMap(failuresOf)]
}
