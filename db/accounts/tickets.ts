import { z } from 'zod'
import { decrypt, encrypt } from '@rowhouse/tenancy'
import { tenancy } from '#db/tenancy'

// What this server tells itself a few minutes later: encrypted, so that nobody else can make or read
// one.

export type TicketKind = 'password given' | 'sign-in granted'

const content = z.object({ userId: z.uuid(), until: z.number() })

export const seal = (kind: TicketKind, userId: string, seconds: number): string =>
  encrypt(
    tenancy(),
    JSON.stringify({ userId, until: Date.now() + seconds * 1000 }),
    `ticket ${kind}`,
  )

/** Whose ticket this is; undefined when it is none of ours, of another kind, or too old. */
export function open(kind: TicketKind, ticket: string | undefined): string | undefined {
  if (!ticket) return undefined
  try {
    const { userId, until } = content.parse(
      JSON.parse(decrypt(tenancy(), ticket, `ticket ${kind}`)),
    )
    return until > Date.now() ? userId : undefined
  } catch {
    return undefined
  }
}
