const port = Number(process.env.E2E_PORT ?? 3100)

/** The app under test as a client of the browser tests' OpenID provider. */
export const oidc = {
  issuer: `http://localhost:${port + 57}`,
  id: 'rowhouse-test',
  secret: 'secret-of-the-test-client',
  redirectUri: `${process.env.E2E_URL ?? `http://localhost:${port}`}/api/auth/callback/oidc`,
  name: 'Test Sign-on',
}
