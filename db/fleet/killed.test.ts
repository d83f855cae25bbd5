import { killingTests } from '#db/fleet/testing/killing'

// the short form; db/fleet/killed.faults.ts is the whole
killingTests({ size: 15, kills: 4, withinMs: 80, runners: 3 })
