import { killingTests } from '#tenancy/testing/migrations/killing'

// the short form; killed.chaos.test.ts is the whole
killingTests({ size: 12, kills: 3, withinMs: 60, runners: 2 })
