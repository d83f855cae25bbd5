import type { Bench } from '#db/bench/bench'

export const benches: Record<string, Bench> = {
  move: {
    about:
      'a live tenant from the shared schema to a schema and to another server, while writers keep a ledger',
    load: () => import('#db/bench/move'),
  },
  fleet: {
    about:
      "an additive migration of 1,000 schemas against drizzle-orm's migrate() in a loop; status of 2,000 targets",
    load: () => import('#db/bench/fleet'),
  },
  door: {
    about: 'a scoped query against an unscoped one, at a round trip of 1 ms',
    load: () => import('#db/bench/door'),
  },
  pages: {
    about: 'the orders page with 1,000,000 orders against an empty page, both as production builds',
    load: () => import('#db/bench/pages'),
  },
  export: {
    about: 'everything of one tenant as a file, and back, with the memory that it takes',
    load: () => import('#db/bench/export'),
  },
  neighbours: {
    about: 'what one tenant that wants everything does to the others, with limits and without',
    load: () => import('#db/bench/neighbours'),
  },
}
