import { existsSync } from 'node:fs'
import { defineConfig, type Project } from '@playwright/test'
import { oidc } from './e2e/oidc-client'
import { findBrowser } from './scripts/browser.ts'

const port = process.env.E2E_PORT ?? '3100'
const url = `http://localhost:${port}`
// The workers read this file too, and inherit the answer.
const executablePath = (process.env.E2E_BROWSER ??= await findBrowser())

// The long walks: most actions of the console, each page in both themes, what is tagged @long, and
// all of a phone. `npm run test:e2e:all` has them; `npm test` has the rest, to stay short.
const all = process.env.E2E_ALL !== undefined
const long = all
  ? []
  : [
      spec('console-force-finished-moves'),
      spec('console-many-tenants'),
      spec('console-actions'),
      spec('console-accessibility'),
      spec('accessibility'),
    ]

// A test runs on the desktop; tagged @phone it runs on the phone too, tagged @phone-only there
// alone.
const desktop = {
  use: { viewport: { width: 1280, height: 800 } },
  grepInvert: all ? /@phone-only/ : /@phone-only|@long/,
}
const phone = {
  use: { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true },
  grep: /@phone/,
}

const anyOfConsole = 'console*.spec.ts'
const [consoleAccessibility, permissions, fuzz, secrets] = [
  spec('console-accessibility'),
  spec('access-matrix'),
  spec('fuzz'),
  spec('secrets'),
]
const late = [permissions, fuzz, secrets]

/**
 * The one order that there is; names of files carry none, and specs of one project, or of two that
 * do not wait for each other, hold in any order. What is waited for has to pass. `secrets` is a
 * teardown, which runs after everything else and after failures too.
 */
const projects: Project[] = [
  { name: 'app', testIgnore: [anyOfConsole, ...late, ...long], teardown: 'secrets', ...desktop },
  {
    name: 'console',
    testMatch: anyOfConsole,
    testIgnore: [consoleAccessibility, ...long],
    teardown: 'secrets',
    ...desktop,
  },
  ...(all
    ? [
        // both open a move and a fleet run that the tests of `console` have made
        {
          name: 'console-accessibility',
          testMatch: consoleAccessibility,
          dependencies: ['console'],
          ...desktop,
        },
        { name: 'phone', testIgnore: late, dependencies: ['console'], ...phone },
      ]
    : []),
  {
    // uses up the requests that Acme has in a minute, and leaves a move and a fleet run
    name: 'permissions',
    testMatch: permissions,
    dependencies: ['app', 'console', ...(all ? ['console-accessibility', 'phone'] : [])],
    ...desktop,
  },
  {
    // changes Acme in ways that nobody foresees, lifts its limits, spends attempts to sign in
    name: 'fuzz',
    testMatch: fuzz,
    dependencies: ['permissions'],
    ...desktop,
  },
  // looks for what all of the above left in pages and in the log
  { name: 'secrets', testMatch: secrets, ...desktop },
]

/** A file that is named here; one that was renamed would run among the others without a word. */
function spec(name: string): string {
  const file = `${name}.spec.ts`
  if (!existsSync(new URL(`e2e/${file}`, import.meta.url))) throw new Error(`no e2e/${file}`)
  return file
}

export default defineConfig({
  testDir: 'e2e',
  retries: process.env.CI ? 1 : 0,
  outputDir: 'test-results/e2e',
  workers: 1,
  forbidOnly: process.env.CI !== undefined,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [
    ['line'],
    ['json', { outputFile: process.env.E2E_REPORT ?? 'test-results/playwright.json' }],
  ],
  use: {
    baseURL: url,
    // to trace every action takes a sixth of the time
    trace: process.env.CI ? 'on-first-retry' : 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath,
      chromiumSandbox: false,
      args: [
        '--disable-gpu', // drawing by an emulated GPU costs a tenth of a run
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
  projects,
  webServer: {
    command: `"${process.execPath}" e2e/server.ts`,
    url,
    reuseExistingServer: false,
    timeout: 60_000,
    gracefulShutdown: { signal: 'SIGTERM', timeout: 5_000 },
    env: {
      HOSTNAME: '127.0.0.1',
      PORT: port,
      APP_URL: url,
      AUTH_URL: url,
      OPERATOR_SECOND_FACTOR: 'optional',
      OIDC_ISSUER: oidc.issuer,
      OIDC_CLIENT_ID: oidc.id,
      OIDC_CLIENT_SECRET: oidc.secret,
      OIDC_NAME: oidc.name,
      GITHUB_CLIENT_ID: 'github-client',
      GITHUB_CLIENT_SECRET: 'github-client-secret',
      GOOGLE_CLIENT_ID: 'google-client',
      GOOGLE_CLIENT_SECRET: 'google-client-secret',
    },
  },
})
