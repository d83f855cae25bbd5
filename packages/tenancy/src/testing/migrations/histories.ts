import type { Tenancy } from '#tenancy/base/tenancy'
import { migration, readHistories, type Histories } from '#tenancy/migrations/history'

/**
 * Appends tenant migrations to the histories of this build.
 * @param tenancy - The instance.
 * @param texts - The migrations; the first becomes `9001_test`, and so on.
 * @returns The longer histories.
 */
export async function withMore(tenancy: Tenancy, ...texts: string[]): Promise<Histories> {
  const { platform, tenant } = await readHistories(tenancy)
  return {
    platform,
    tenant: [
      ...tenant,
      ...texts.map((text, i) => migration('tenant', 9001 + i, `${9001 + i}_test`, text)),
    ],
  }
}

/** A history that grows from test to test. `replace` replaces the last file, which no target has. */
export function growing(tenancy: Tenancy) {
  const all: string[] = []
  return {
    add: (...texts: string[]) => {
      all.push(...texts)
      return withMore(tenancy, ...all)
    },
    replace: (...texts: string[]) => {
      all.splice(-1, 1, ...texts)
      return withMore(tenancy, ...all)
    },
  }
}

/** A typical migration: a column and its index. */
export const addColumn = (name: string): string =>
  `alter table notes add column ${name} timestamptz;--> statement-breakpoint\ncreate index notes_${name} on notes (tenant_id, ${name});`
