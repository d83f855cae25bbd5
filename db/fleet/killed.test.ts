import { killingTests } from '#db/fleet/testing/killing'

// the short form; db/fleet/killed.faults.ts is the whole
killingTests({ size: 12, kills: 3, withinMs: 60, runners: 2 })
