import { killingTests } from '#tenancy/testing/migrations/killing'

killingTests({ size: 200, kills: 30, withinMs: 600, runners: 20 })
