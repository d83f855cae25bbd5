export { declaredTables } from '#tenancy/base/declared-tables'
export * as erasures from '#tenancy/data/erase/erasures'
export * as exports from '#tenancy/data/export/exports'
export * as holds from '#tenancy/data/holds'
export { deleteExpired, pruneServiceEntries } from '#tenancy/data/delete-expired'
export { type Erasure } from '#tenancy/data/erase/erasures'
export { runErasure } from '#tenancy/data/erase/run-erasure'
export { openDownload } from '#tenancy/data/export/download'
export { type TenantExport, requestByOperator } from '#tenancy/data/export/exports'
export { runExport } from '#tenancy/data/export/run-export'
export { writeExport } from '#tenancy/data/export/write-export'
export { checkArchive, importTenant } from '#tenancy/data/import/import-tenant'
export { readArchiveMembers } from '#tenancy/data/import/archive-members'
export { restoreTenant } from '#tenancy/data/import/restore-tenant'
export { needsConfirmation, previewRetention } from '#tenancy/data/retention/preview'
export { retentionColumns, rulesOf, setRule } from '#tenancy/data/retention/rules'
export { runRetention, runRetentionFor } from '#tenancy/data/retention/run-retention'
export {
  type RetentionRun,
  currentRetentionRun,
  decideRetentionRun,
  listRetentionRuns,
  tenantsWithRules,
} from '#tenancy/data/retention/retention-runs'
export { type RotatedColumn, rotateEncryptionKey } from '#tenancy/data/rotate-encryption-key'
export { rotateLogin } from '#tenancy/data/rotate-login'
