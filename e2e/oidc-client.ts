/** What the app under test is told of the provider that the browser tests run themselves. */
export const oidc = {
  issuer: `http://localhost:${Number(process.env.E2E_PORT ?? 3100) + 57}`,
  id: 'rowhouse-test',
  secret: 'secret-of-the-test-client',
  name: 'Test Sign-on',
}
