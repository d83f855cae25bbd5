export {
  type CheckRun,
  lastCheckRun,
  runChecks,
  tenantsWithViolations,
} from '#tenancy/checks/check-runs'
export {
  type Policy,
  type ConnectionFacts,
  policies,
  connectionFacts,
} from '#tenancy/checks/connection-facts'
export { checkFleet, checkMain, invariants } from '#tenancy/checks/doctor'
export { assertDirectLogins } from '#tenancy/checks/direct-logins'
export { readiness, readinessSentence } from '#tenancy/checks/health'
export { assertSafeLogins } from '#tenancy/checks/safe-logins'
