export { fingerprint } from '#tenancy/testing/archives'
export { createTestDatabase } from '#tenancy/testing/database'
export { findPgbouncer, startPgbouncer } from '#tenancy/testing/pgbouncer'
export { dropWithTenants } from '#tenancy/testing/run'
export { startTestRun } from '#tenancy/testing/test-run'
export { partLonger } from '#tenancy/testing/timing'
export { tracesOf } from '#tenancy/testing/traces'
export { type LedgerDifferences, compareWithLedger } from '#tenancy/testing/compare-with-ledger'
export { runMove } from '#tenancy/testing/moves/run-move'
export { MortalServer, Wire } from '#tenancy/testing/moves/server'
export { type WorkerOptions, WorkerProcess } from '#tenancy/testing/moves/worker'
export {
  type Document,
  type UniqueRow,
  type Workload,
  type WorkloadStatements,
} from '#tenancy/testing/workload'
export { Ledger, Writer, holdOpen } from '#tenancy/testing/writer'
export { withMore } from '#tenancy/testing/migrations/histories'
export { columnsWith, declaredColumns, lifecycleProblems } from '#tenancy/testing/lifecycle'
export { type FleetTenant, makeFleet } from '#tenancy/testing/migrations/make-fleet'
export {
  type IsolationApp,
  type IsolationTenant,
  testIsolation,
} from '#tenancy/testing/isolation-suite'
export { refusal, rows } from '#tenancy/testing/raw-sql'
export {
  mutatingSql,
  mutationPlugin,
  rewriteFunction,
  type Defence,
} from '#tenancy/testing/mutation/defence'
export { defences as engineDefences } from '#tenancy/testing/mutation/defences'
export { runMutations } from '#tenancy/testing/mutation/run-mutations'
