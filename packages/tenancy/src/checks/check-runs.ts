import { desc, eq } from 'drizzle-orm'
import { examineFleet } from '#db/doctor/doctor'
import { verifyFleet } from '#db/fleet/verify'
import { newId, privateName } from '#db/id'
import { platform } from '#db/registry'
import { examinations, type Offender } from '#db/schema/console'

export type Examination = typeof examinations.$inferSelect
type Kind = Examination['kind']

const looks: Record<Kind, () => Promise<{ targets: number; offenders: Offender[] }>> = {
  doctor: async () => {
    const { targets, findings } = await examineFleet()
    return { targets: targets.length, offenders: findings }
  },
  drift: async () => {
    const { targets, drift } = await verifyFleet()
    const why = ({ expected, found }: (typeof drift)[number]) =>
      expected === null
        ? `it should not be there: ${found}`
        : found === null
          ? `it is missing: ${expected}`
          : `expected ${expected}, found ${found}`
    return {
      targets,
      offenders: drift.map((one) => ({
        check: 'drift',
        target: one.target,
        object: one.object,
        why: why(one),
      })),
    }
  },
}

/**
 * Looks at every database now, by the doctor's invariants or against the migrations, and keeps what
 * was found.
 */
export async function examineNow(kind: Kind, by: string): Promise<Examination> {
  const began = performance.now()
  const { targets, offenders } = await looks[kind]()
  const [made] = await platform()
    .insert(examinations)
    .values({
      id: newId(),
      kind,
      by,
      targets,
      offenders,
      tookMs: Math.round(performance.now() - began),
    })
    .returning()
  if (!made) throw new Error('an examination was not kept')
  return made
}

/** What was found the last time; undefined when nobody has looked yet. */
export async function lastExamination(kind: Kind): Promise<Examination | undefined> {
  const [last] = await platform()
    .select()
    .from(examinations)
    .where(eq(examinations.kind, kind))
    .orderBy(desc(examinations.at))
    .limit(1)
  return last
}

/**
 * Those of these tenants whose id, schema or database is named by what the doctor found the last
 * time.
 */
export async function offendersIn(tenantIds: string[]): Promise<Set<string>> {
  const found =
    (await lastExamination('doctor'))?.offenders
      .map(({ target, object, why }) => `${target} ${object} ${why}`)
      .join('\n') ?? ''
  return new Set(tenantIds.filter((id) => found.includes(id) || found.includes(privateName(id))))
}

const everyMs = 3_600_000

/** The doctor's rounds: one an hour, whichever worker comes first. */
export async function examineWhenDue(): Promise<void> {
  const last = await lastExamination('doctor')
  if (!last || Date.now() - last.at.getTime() > everyMs) await examineNow('doctor', 'worker')
}
