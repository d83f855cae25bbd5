import { z } from 'zod'
import { decrypt, encrypt } from '@rowhouse/tenancy'
import { tenancy } from '#db/tenancy'

// Short-lived proofs that this server issues to itself, such as "the password of this user was
// right". They are encrypted, so nobody else can read or forge one.

export type TicketKind = 'password verified' | 'sign-in granted'

const payload = z.object({ userId: z.uuid(), until: z.number() })

/**
 * Issues a ticket.
 *
 * @param seconds - How long it is valid.
 */
export const issue = (kind: TicketKind, userId: string, seconds: number): string =>
  encrypt(
    tenancy(),
    JSON.stringify({ userId, until: Date.now() + seconds * 1000 }),
    `ticket ${kind}`,
  )

/**
 * Checks a ticket.
 *
 * @returns The user's id; undefined when the ticket is forged, of another kind, or expired.
 */
export function verify(kind: TicketKind, ticket: string | undefined): string | undefined {
  if (!ticket) return undefined
  try {
    const { userId, until } = payload.parse(
      JSON.parse(decrypt(tenancy(), ticket, `ticket ${kind}`)),
    )
    return until > Date.now() ? userId : undefined
  } catch {
    return undefined // anything that does not decrypt or parse is a forgery
  }
}
