export { type AuditCheck, type AuditRow, listAudit, verifyAudit } from '#tenancy/audit/audit-trail'
export { commandLine, recordAudit, recordAction } from '#tenancy/audit/record'
export { withConnection, databaseOf, inDatabase } from '#tenancy/base/connect'
export { type NewTenant, addTenant, createTenant } from '#tenancy/placements/create-tenant'
export { unprovision } from '#tenancy/placements/provision'
export { inspectServer } from '#tenancy/placements/servers'
export { resume, suspend } from '#tenancy/placements/suspensions'
export { type Repair } from '#tenancy/restore/repair-database'
export {
  type Decision,
  type RestoreReport,
  reopenHome,
  restoreCheck,
} from '#tenancy/restore/restore-check'
export { runTasks } from '#tenancy/tasks/run-tasks'
export { scheduledTasks } from '#tenancy/tasks/scheduled-tasks'
export { isWorkerMissing, listTasks, secondsSinceWorker } from '#tenancy/tasks/statuses'
export { type Task, type TaskRun } from '#tenancy/tasks/task'
export { type Profile, profiles } from '#tenancy/migrations/profile'
export { type SetupReport, setup, setupServer } from '#tenancy/setup'
