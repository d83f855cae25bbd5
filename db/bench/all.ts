import type { Bench } from '#db/bench/bench'

export const benches: Record<string, Bench> = {
  move: {
    about:
      'moves of a live tenant to its own schema and to another server, while clients write and log every write',
    load: () => import('#db/bench/move'),
  },
  fleet: {
    about:
      "an additive migration of 1,000 schemas against drizzle-orm's migrate() in a loop; status of 2,000 targets",
    load: () => import('#db/bench/fleet'),
  },
  // the name of the first edition stays, as do the keys of its JSON: results are compared by them
  door: {
    about: 'queries in tenant transactions against plain pool.query, at a round trip of 1 ms',
    load: () => import('#db/bench/tenant-transaction'),
  },
  pages: {
    about: 'the orders page with 1,000,000 orders against an empty page, in a production build',
    load: () => import('#db/bench/pages'),
  },
  export: {
    about: 'export and import of one large tenant, and the memory of the export',
    load: () => import('#db/bench/export'),
  },
  neighbours: {
    about: 'how one overloading tenant affects the others, with and without limits',
    load: () => import('#db/bench/neighbours'),
  },
}
