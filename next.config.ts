import { createHash } from 'node:crypto'
import type { NextConfig } from 'next'

const security = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'strict-origin-when-cross-origin',
  'Permissions-Policy':
    'camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Strict-Transport-Security': 'max-age=63072000; includeSubDomains',
}

// The ids of server actions are derived from this key, which Next generates for each build. With a fixed
// one, a page of one build can call the unchanged actions of another. It protects nothing here: actions
// are never closures, and at run time `boot` replaces it with a secret.
process.env.NEXT_SERVER_ACTIONS_ENCRYPTION_KEY ??= createHash('sha256')
  .update('rowhouse server actions')
  .digest('base64')

const config: NextConfig = {
  output: 'standalone',
  typedRoutes: true,
  reactStrictMode: true,
  poweredByHeader: false,
  agentRules: false,
  devIndicators: false,
  reactCompiler: true,
  experimental: { turbopackRustReactCompiler: true, serverActions: { bodySizeLimit: '512kb' } },
  // TypeScript sources in a workspace package
  transpilePackages: ['@rowhouse/tenancy'],
  serverExternalPackages: [
    'libpg-query',
    'pg',
    'pino',
    '@node-rs/argon2',
    '@zxcvbn-ts/core',
    '@zxcvbn-ts/language-common',
    '@opentelemetry/api',
    '@opentelemetry/context-async-hooks',
    '@opentelemetry/exporter-trace-otlp-http',
    '@opentelemetry/resources',
    '@opentelemetry/sdk-trace',
    'prom-client',
  ],
  turbopack: { root: import.meta.dirname },
  outputFileTracingRoot: import.meta.dirname,
  // files that the server reads at run time: checks, functions and migration histories
  outputFileTracingIncludes: {
    '/*': [
      './packages/tenancy/sql/**/*',
      './packages/tenancy/src/checks/*.sql',
      './db/accounts/*.sql',
      './db/operators/*.sql',
      './drizzle/**/*',
      './node_modules/libpg-query/wasm/*',
    ],
  },
  images: { unoptimized: true },
  // browsers request it before they have parsed the page's own icon
  rewrites: async () => [{ source: '/favicon.ico', destination: '/icon.svg' }],
  headers: async () => [
    {
      source: '/:path*',
      headers: Object.entries(security).map(([key, value]) => ({ key, value })),
    },
  ],
}

export default config
