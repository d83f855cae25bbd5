const port = Number(process.env.E2E_PORT ?? 3100)

/** The client that the app under test is to the OpenID provider of the browser tests. */
export const oidc = {
  issuer: `http://localhost:${port + 57}`,
  id: 'rowhouse-test',
  secret: 'secret-of-the-test-client',
  redirectUri: `http://localhost:${port}/api/auth/callback/oidc`,
  name: 'Test Sign-on',
}
