import { createHash, createSign, generateKeyPairSync, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

export type Person = { sub: string; name: string; email: string; email_verified: boolean }
type Grant = { person: Person; nonce: string; challenge: string; redirect: string }

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const base64 = (value: object | Buffer) =>
  (Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value))).toString('base64url')

/**
 * An OpenID Connect provider: authorization code with PKCE (S256) and nonce, RS256. Whoever
 * `person` is signs in without a question.
 */
export class OidcProvider {
  person: Person = { sub: 'nobody', name: '', email: '', email_verified: false }
  refused: string[] = []
  readonly #grants = new Map<string, Grant>()
  readonly #tokens = new Map<string, Person>()
  readonly #server = createServer((request, response) => void this.#answer(request, response))
  readonly issuer: string
  readonly client: { id: string; secret: string }
  constructor(issuer: string, client: { id: string; secret: string }) {
    this.issuer = issuer
    this.client = client
  }

  listen = () =>
    new Promise<void>((resolve) =>
      this.#server.listen(Number(new URL(this.issuer).port), '127.0.0.1', () => resolve()),
    )
  close = () => new Promise<void>((resolve) => this.#server.close(() => resolve()))

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.issuer)
    const json = (body: object, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    const { issuer } = this
    if (url.pathname === '/.well-known/openid-configuration')
      json({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        userinfo_endpoint: `${issuer}/userinfo`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
        code_challenge_methods_supported: ['S256'],
      })
    else if (url.pathname === '/jwks')
      json({
        keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'test', use: 'sig', alg: 'RS256' }],
      })
    else if (url.pathname === '/authorize')
      response.writeHead(302, { location: this.#grant(url.searchParams) }).end()
    else if (url.pathname === '/token') {
      const answer = this.#token(await bodyOf(request), request.headers.authorization ?? '')
      if (typeof answer === 'string') this.refused.push(answer)
      json(
        typeof answer === 'string' ? { error: 'invalid_grant', error_description: answer } : answer,
        typeof answer === 'string' ? 400 : 200,
      )
    } else if (url.pathname === '/userinfo')
      json(
        this.#tokens.get((request.headers.authorization ?? '').replace('Bearer ', '')) ?? {},
        200,
      )
    else json({}, 404)
  }

  #grant(given: URLSearchParams): string {
    const code = randomBytes(16).toString('hex')
    const redirect = given.get('redirect_uri') ?? ''
    this.#grants.set(code, {
      person: this.person,
      nonce: given.get('nonce') ?? '',
      challenge: given.get('code_challenge') ?? '',
      redirect,
    })
    const back = new URL(redirect)
    back.searchParams.set('code', code)
    if (given.get('state')) back.searchParams.set('state', given.get('state') ?? '')
    return back.href
  }

  #token(given: URLSearchParams, authorization: string): object | string {
    const code = given.get('code') ?? ''
    const grant = this.#grants.get(code)
    this.#grants.delete(code)
    if (!grant) return 'unknown or used code'
    if (grant.redirect !== given.get('redirect_uri')) return 'another redirect address'
    if (
      createHash('sha256')
        .update(given.get('code_verifier') ?? '')
        .digest('base64url') !== grant.challenge
    )
      return 'wrong verifier'
    const [id, secret] = authorization.startsWith('Basic ')
      ? Buffer.from(authorization.slice(6), 'base64').toString().split(':').map(decodeURIComponent)
      : [given.get('client_id'), given.get('client_secret')]
    if (id !== this.client.id || secret !== this.client.secret) return 'wrong client'
    const now = Math.floor(Date.now() / 1000)
    const claims = {
      ...grant.person,
      iss: this.issuer,
      aud: this.client.id,
      iat: now,
      exp: now + 300,
      ...(grant.nonce && { nonce: grant.nonce }),
    }
    const head = `${base64({ alg: 'RS256', kid: 'test', typ: 'JWT' })}.${base64(claims)}`
    const access = randomBytes(16).toString('hex')
    this.#tokens.set(access, grant.person)
    return {
      access_token: access,
      token_type: 'Bearer',
      expires_in: 300,
      id_token: `${head}.${base64(createSign('RSA-SHA256').update(head).sign(privateKey))}`,
    }
  }
}

async function bodyOf(request: IncomingMessage): Promise<URLSearchParams> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return new URLSearchParams(text)
}
