import { defineConfig } from '@playwright/test'
import { oidc } from './e2e/oidc-client'
import { findBrowser } from './scripts/browser.mjs'

const port = process.env.E2E_PORT ?? '3100'
const url = `http://localhost:${port}`
// The workers read this file too, and inherit the answer.
const executablePath = (process.env.E2E_BROWSER ??= await findBrowser())

// The long walks: most deeds of the console, each page in both themes, what is tagged @long, and
// all of a phone. `npm run test:e2e:all` has them; `npm test` has the rest, to stay short.
const all = process.env.E2E_ALL !== undefined
const long = [
  'console-abandoned.spec.ts',
  'console-crowd.spec.ts',
  'console-deeds.spec.ts',
  'console-look.spec.ts',
  'look.spec.ts',
]

export default defineConfig({
  testDir: 'e2e',
  testIgnore: all ? [] : long,
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
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
  // A test runs on the desktop; tagged @phone it runs on the phone too, tagged @phone-only there
  // alone.
  projects: [
    {
      name: 'desktop',
      use: { viewport: { width: 1280, height: 800 } },
      grepInvert: all ? /@phone-only/ : /@phone-only|@long/,
    },
    ...(all
      ? [
          {
            name: 'phone',
            use: { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true },
            grep: /@phone/,
          },
        ]
      : []),
  ],
  webServer: {
    command: `"${process.execPath}" e2e/server.mjs`,
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
