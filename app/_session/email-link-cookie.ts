import 'server-only'
import { readCookie } from '#app/_session/cookies'

/** The page for each kind of email link. A link names its kind before its secret. */
export const emailLinkPages = {
  'sign-up': '/verify',
  reset: '/reset/new',
  invitation: '/invitation',
  'old-address': '/email',
  'new-address': '/email',
} as const
export type EmailLink = keyof typeof emailLinkPages

/** The link that this browser opened last, if it is of one of these kinds. */
export async function openedEmailLink<K extends EmailLink>(
  ...kinds: K[]
): Promise<{ kind: K; token: string } | undefined> {
  const [kind, token] = (await readCookie('link'))?.split('.') ?? []
  const expected = kinds.find((one) => one === kind)
  return expected && token ? { kind: expected, token } : undefined
}
