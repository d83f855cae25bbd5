import { killingTests } from '#tenancy/testing/migrations/killing'

// a short version of killed.chaos.test.ts
killingTests({ size: 12, kills: 3, withinMs: 60, runners: 2 })
