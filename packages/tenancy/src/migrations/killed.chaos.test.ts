import { killingTests } from '#db/fleet/testing/killing'

killingTests({ size: 200, kills: 30, withinMs: 600, runners: 20 })
