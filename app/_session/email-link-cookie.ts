import 'server-only'
import { readCookie } from '#app/_session/cookies'

/** What a link in a mail leads to, by the word before its secret. */
export const emailLinkPages = {
  'sign-up': '/verify',
  reset: '/reset/new',
  invitation: '/invitation',
  'old-address': '/email',
  'new-address': '/email',
} as const
export type EmailLink = keyof typeof emailLinkPages

/** The secret of the link that this browser has opened last, when it is of one of these kinds. */
export async function openedEmailLink<K extends EmailLink>(
  ...kinds: K[]
): Promise<{ kind: K; token: string } | undefined> {
  const [kind, token] = (await readCookie('link'))?.split('.') ?? []
  const wanted = kinds.find((one) => one === kind)
  return wanted && token ? { kind: wanted, token } : undefined
}
