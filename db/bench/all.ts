import type { Bench } from '#db/bench/bench'

export const benches: Record<string, Bench> = {
  fleet: { about: 'an additive migration of 1,000 schemas against drizzle-orm\'s migrate() in a loop; status of 2,000 targets', load: () => import('#db/bench/fleet') },
}
