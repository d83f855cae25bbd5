import type { OAuth2Config, OIDCConfig } from 'next-auth/providers'
import { z } from 'zod'
import { env } from '#db/env'

// Each stands on the sign-in page once its keys are set. A profile has an e-mail address only when
// the provider has verified it.

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

function openIdConnect(
  id: string,
  name: string,
  issuer: string,
  clientId: string,
  clientSecret: string,
  authorize?: string,
): OIDCConfig<unknown> {
  return {
    id,
    name,
    issuer,
    clientId,
    clientSecret,
    type: 'oidc',
    checks: ['pkce', 'state', 'nonce'],
    authorization: {
      ...(authorize && { url: authorize }),
      params: { scope: 'openid email profile' },
    },
    profile(given) {
      const profile = oidcProfile.parse(given)
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
    async profile(given, tokens) {
      const profile = githubProfile.parse(given)
      const answer = await fetch('https://api.github.com/user/emails', {
        headers: {
          authorization: `Bearer ${tokens.access_token}`,
          accept: 'application/vnd.github+json',
          'user-agent': 'rowhouse',
        },
      })
      const emails = answer.ok ? githubEmails.parse(await answer.json()) : []
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
          openIdConnect(
            'google',
            'Google',
            'https://accounts.google.com',
            keys.GOOGLE_CLIENT_ID,
            keys.GOOGLE_CLIENT_SECRET,
            'https://accounts.google.com/o/oauth2/v2/auth',
          ),
        ]
      : []),
    ...(keys.OIDC_ISSUER && keys.OIDC_CLIENT_ID && keys.OIDC_CLIENT_SECRET
      ? [
          openIdConnect(
            'oidc',
            keys.OIDC_NAME,
            keys.OIDC_ISSUER,
            keys.OIDC_CLIENT_ID,
            keys.OIDC_CLIENT_SECRET,
          ),
        ]
      : []),
  ]
}

export const providerNames = (): ProviderName[] =>
  oauthProviders().map(({ id, name }) => ({ id, name }))
