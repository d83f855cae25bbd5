export { declaredTables } from '#tenancy/base/declared-tables'
export * as erasures from '#tenancy/data/erase/erasures'
export * as exports from '#tenancy/data/export/exports'
export * as holds from '#tenancy/data/holds'
export { deleteExpired, pruneServiceEntries } from '#tenancy/data/delete-expired'
export { type Erasure } from '#tenancy/data/erase/erasures'
export { runErasure } from '#tenancy/data/erase/run-erasure'
export { openDownload } from '#tenancy/data/export/download'
export { type Export, requestFor } from '#tenancy/data/export/exports'
export { runExport } from '#tenancy/data/export/run'
export { writeExport } from '#tenancy/data/export/write'
export { checkArchive, importTenant } from '#tenancy/data/import/import'
export { membersIn } from '#tenancy/data/import/owner'
export { restoreTenant } from '#tenancy/data/import/restore'
export { needsConfirmation, previewRetention } from '#tenancy/data/retention/preview'
export { agingTables, rulesOf, setRule } from '#tenancy/data/retention/rules'
export { runRetention, runRetentionOf } from '#tenancy/data/retention/run'
export {
  type RetentionRun,
  currentRetentionRun,
  decideRetentionRun,
  listRetentionRuns,
  tenantsWithRules,
} from '#tenancy/data/retention/runs'
export { type RotatedColumn, rotateEncryptionKey } from '#tenancy/data/rotate-encryption-key'
export { rotateLogin } from '#tenancy/data/rotate-login'
