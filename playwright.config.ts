import { existsSync } from 'node:fs'
import { defineConfig, type PlaywrightTestConfig, type Project } from '@playwright/test'
import { oidc } from './e2e/oidc-client'
import { findBrowser } from './scripts/browser.ts'

const port = process.env.E2E_PORT ?? '3100'
// of the proxy in front of the app, if there is one
const url = process.env.E2E_URL ?? `http://localhost:${port}`
// Workers load this file too and inherit the variable.
const executablePath = (process.env.E2E_BROWSER ??= await findBrowser())

// Long tests: most actions of the console, each page in both themes, tests tagged @long, and everything
// on a phone. Only `npm run test:e2e:all` runs them.
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

// A test runs on the desktop; with the tag @phone on a phone too, with @phone-only only on a phone.
const desktop = {
  use: { viewport: { width: 1280, height: 800 } },
  grepInvert: all ? /@phone-only/ : /@phone-only|@long/,
}
const phone = {
  use: { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true },
  grep: /@phone/,
}

const consoleSpecs = 'console*.spec.ts'
const behindProxy = spec('proxy')
const [consoleAccessibility, permissions, fuzz, secrets] = [
  spec('console-accessibility'),
  spec('access-matrix'),
  spec('fuzz'),
  spec('secrets'),
]
const late = [permissions, fuzz, secrets]

/**
 * Dependencies are the only order: files of one project, or of two projects without a dependency,
 * pass in any order. A project runs only if its dependencies pass. `secrets` is a teardown, which runs
 * last, even after failures.
 */
const projects: Project[] = [
  {
    name: 'app',
    testIgnore: [consoleSpecs, behindProxy, ...late, ...long],
    teardown: 'secrets',
    ...desktop,
  },
  {
    name: 'console',
    testMatch: consoleSpecs,
    testIgnore: [consoleAccessibility, ...long],
    teardown: 'secrets',
    ...desktop,
  },
  ...(all
    ? [
        // both open a move and a fleet run that `console` creates
        {
          name: 'console-accessibility',
          testMatch: consoleAccessibility,
          dependencies: ['console'],
          ...desktop,
        },
        { name: 'phone', testIgnore: [behindProxy, ...late], dependencies: ['console'], ...phone },
      ]
    : []),
  {
    // uses up Acme's requests per minute, and leaves a move and a fleet run
    name: 'permissions',
    testMatch: permissions,
    dependencies: ['app', 'console', ...(all ? ['console-accessibility', 'phone'] : [])],
    ...desktop,
  },
  {
    // changes Acme unpredictably, raises its limits, uses up sign-in attempts
    name: 'fuzz',
    testMatch: fuzz,
    dependencies: ['permissions'],
    ...desktop,
  },
  // searches the pages and the log that the other projects produced
  { name: 'secrets', testMatch: secrets, ...desktop },
]

/** What proxies, poolers and containers can break. */
const deployment: Project = {
  name: 'deployment',
  testMatch: [
    spec('sign-in'),
    spec('orders'),
    spec('catalogue'),
    spec('members'),
    spec('accounts'),
    spec('oauth'),
    spec('export-and-erasure'),
    spec('api'),
    spec('tenant-isolation'),
    spec('content-security-policy'),
    spec('console'),
    ...(url.startsWith('https:') ? [behindProxy] : []),
  ],
  use: desktop.use,
  grepInvert: /@phone-only/,
}

/** Throws if the file does not exist: a renamed file would silently run in another project. */
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
    ignoreHTTPSErrors: url.startsWith('https:'),
    // tracing every test takes a sixth of the time
    trace: process.env.CI ? 'on-first-retry' : 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath,
      chromiumSandbox: false,
      args: [
        '--disable-gpu', // an emulated GPU costs a tenth of the time
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
  projects: process.env.E2E_DEPLOYMENT ? [deployment] : projects,
  // the server under test may be running, in a container
  ...(!process.env.E2E_SERVER && { webServer: webServer() }),
})

function webServer(): NonNullable<PlaywrightTestConfig['webServer']> {
  return {
    command: `"${process.execPath}" e2e/server.ts`,
    url: `http://localhost:${port}/healthz`,
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
  }
}
