import type { OAuth2Config, OIDCConfig } from 'next-auth/providers'
import { z } from 'zod'
import { env } from '#db/env'

// A provider is offered once its keys are set. A profile has an email address only when the
// provider has verified it.

export type ProviderName = { id: string; name: string }

const oidcProfile = z.object({
  sub: z.string(),
  name: z.string().optional(),
  email: z.string().optional(),
  email_verified: z.boolean().optional(),
})
const githubProfile = z.object({ id: z.number(), login: z.string(), name: z.string().nullish() })
const githubEmails = z.array(
  z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }),
)

function openIdConnect({
  authorizationUrl,
  ...client
}: {
  id: string
  name: string
  issuer: string
  clientId: string
  clientSecret: string
  authorizationUrl?: string
}): OIDCConfig<unknown> {
  return {
    ...client,
    type: 'oidc',
    checks: ['pkce', 'state', 'nonce'],
    authorization: {
      ...(authorizationUrl && { url: authorizationUrl }),
      params: { scope: 'openid email profile' },
    },
    profile(claims) {
      const profile = oidcProfile.parse(claims)
      return {
        id: profile.sub,
        name: profile.name ?? '',
        email: profile.email_verified === true ? (profile.email ?? null) : null,
      }
    },
  }
}

function github(clientId: string, clientSecret: string): OAuth2Config<unknown> {
  return {
    id: 'github',
    name: 'GitHub',
    clientId,
    clientSecret,
    type: 'oauth',
    checks: ['pkce', 'state'],
    authorization: {
      url: 'https://github.com/login/oauth/authorize',
      params: { scope: 'read:user user:email' },
    },
    token: 'https://github.com/login/oauth/access_token',
    userinfo: 'https://api.github.com/user',
    async profile(response, tokens) {
      const profile = githubProfile.parse(response)
      const emailsResponse = await fetch('https://api.github.com/user/emails', {
        headers: {
          authorization: `Bearer ${tokens.access_token}`,
          accept: 'application/vnd.github+json',
          'user-agent': 'rowhouse',
        },
      })
      const emails = emailsResponse.ok ? githubEmails.parse(await emailsResponse.json()) : []
      return {
        id: String(profile.id),
        name: profile.name ?? profile.login,
        email: emails.find(({ primary, verified }) => primary && verified)?.email ?? null,
      }
    },
  }
}

export function oauthProviders(): (OIDCConfig<unknown> | OAuth2Config<unknown>)[] {
  const keys = env()
  return [
    ...(keys.GITHUB_CLIENT_ID && keys.GITHUB_CLIENT_SECRET
      ? [github(keys.GITHUB_CLIENT_ID, keys.GITHUB_CLIENT_SECRET)]
      : []),
    ...(keys.GOOGLE_CLIENT_ID && keys.GOOGLE_CLIENT_SECRET
      ? [
          openIdConnect({
            id: 'google',
            name: 'Google',
            issuer: 'https://accounts.google.com',
            clientId: keys.GOOGLE_CLIENT_ID,
            clientSecret: keys.GOOGLE_CLIENT_SECRET,
            authorizationUrl: 'https://accounts.google.com/o/oauth2/v2/auth',
          }),
        ]
      : []),
    ...(keys.OIDC_ISSUER && keys.OIDC_CLIENT_ID && keys.OIDC_CLIENT_SECRET
      ? [
          openIdConnect({
            id: 'oidc',
            name: keys.OIDC_NAME,
            issuer: keys.OIDC_ISSUER,
            clientId: keys.OIDC_CLIENT_ID,
            clientSecret: keys.OIDC_CLIENT_SECRET,
          }),
        ]
      : []),
  ]
}

export const providerNames = (): ProviderName[] =>
  oauthProviders().map(({ id, name }) => ({ id, name }))
