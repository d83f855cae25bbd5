import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import { Provider, errors } from 'oidc-provider'

export type Person = { sub: string; name: string; email: string; email_verified: boolean }

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const signingKey = {
  ...privateKey.export({ format: 'jwk' }),
  kty: 'RSA',
  use: 'sig',
  alg: 'RS256',
} as const

/**
 * An OpenID Connect provider for the browser tests. `person` is signed in without a form and
 * without a consent page; `errors` lists what the provider has refused.
 */
export class OidcProvider {
  person: Person = { sub: 'nobody', name: '', email: '', email_verified: false }
  readonly errors: string[] = []
  readonly #port: number
  readonly #server: ReturnType<typeof createServer>

  constructor(issuer: string, client: { id: string; secret: string; redirectUri: string }) {
    this.#port = Number(new URL(issuer).port)
    const provider = new Provider(issuer, {
      clients: [
        {
          client_id: client.id,
          client_secret: client.secret,
          redirect_uris: [client.redirectUri],
        },
      ],
      claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
      // the ID token carries the claims, as with Google and Microsoft
      conformIdTokenClaims: false,
      pkce: { required: () => true },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_, { uid }) => `/interaction/${uid}` },
      findAccount: (_, accountId) => ({ accountId, claims: () => this.person }),
      loadExistingGrant: async ({ oidc }) => {
        const grant = new provider.Grant({
          clientId: oidc.client?.clientId ?? '',
          accountId: oidc.session?.accountId ?? '',
        })
        grant.addOIDCScope('openid profile email')
        await grant.save()
        return grant
      },
      cookies: { keys: ['test'] },
      // in seconds; without them the provider logs a notice for each
      ttl: { AccessToken: 300, Grant: 300, IdToken: 300, Interaction: 300, Session: 300 },
      jwks: { keys: [signingKey] },
    })
    provider.use((context, next) =>
      context.path.startsWith('/interaction/')
        ? provider.interactionFinished(context.req, context.res, {
            login: { accountId: this.person.sub, remember: false },
          })
        : next(),
    )
    const record = (_: unknown, error: Error) =>
      void this.errors.push(
        error instanceof errors.OIDCProviderError
          ? `${error.error}: ${error.error_description}`
          : String(error),
      )
    provider.on('authorization.error', record)
    provider.on('grant.error', record)
    provider.on('userinfo.error', record)
    provider.on('server_error', record)
    this.#server = createServer(provider.callback())
  }

  listen = () =>
    new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', () => resolve()))
  close = () => new Promise<void>((resolve) => this.#server.close(() => resolve()))
}
