import { migration, readHistories, type Histories } from '#db/fleet/history'

/**
 * The histories of this build with more tenant files behind them. In: texts; the first becomes
 * `9001_test`, and so on.
 */
export async function withMore(...texts: string[]): Promise<Histories> {
  const { platform, tenant } = await readHistories()
  return {
    platform,
    tenant: [
      ...tenant,
      ...texts.map((text, i) => migration('tenant', 9001 + i, `${9001 + i}_test`, text)),
    ],
  }
}

/**
 * A history that grows from test to test. `replace` puts texts in the place of the last one, which
 * nobody got.
 */
export function growing() {
  const all: string[] = []
  return {
    add: (...texts: string[]) => {
      all.push(...texts)
      return withMore(...all)
    },
    replace: (...texts: string[]) => {
      all.splice(-1, 1, ...texts)
      return withMore(...all)
    },
  }
}

/** What most migrations are: a column and its index. */
export const addColumn = (name: string): string =>
  `alter table orders add column ${name} timestamptz;--> statement-breakpoint\ncreate index orders_${name} on orders (tenant_id, ${name});`
