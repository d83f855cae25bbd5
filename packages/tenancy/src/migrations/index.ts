export { MainConnection } from '#tenancy/migrations/connections'
export { type DataStep } from '#tenancy/migrations/data-steps/data-step'
export { readDataSteps, runDataStep } from '#tenancy/migrations/data-steps/run-data-step'
export { inspectDedicatedDatabases } from '#tenancy/migrations/dedicated-databases'
export { finishGenerated } from '#tenancy/migrations/finish-generated'
export {
  type Histories,
  type Migration,
  readHistories,
  readHistory,
} from '#tenancy/migrations/history'
export { lintMigrations } from '#tenancy/migrations/lint'
export { lockLevels } from '#tenancy/migrations/lock-levels'
export { migratePlatform } from '#tenancy/migrations/migrate-platform'
export { type PlannedFile, type PlannedStatement, planMigrations } from '#tenancy/migrations/plan'
export { runFleet, defaultConcurrency } from '#tenancy/migrations/run-migrations'
export { type MigrationProgress } from '#tenancy/migrations/run-summary'
export { type RunView, readRunView } from '#tenancy/migrations/run-view'
export { listRuns, requestRun, runFleetJob } from '#tenancy/migrations/runs'
export { assertBuildCompatible } from '#tenancy/migrations/startup-check'

export { type TargetStatus, type TargetState, readStatus } from '#tenancy/migrations/status'
export { readTargets } from '#tenancy/migrations/targets'
export { type Drift, verifyFleet } from '#tenancy/migrations/verify'
