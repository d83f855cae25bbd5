export { type RemainingCalls, countCall } from '#tenancy/admission/api-rate'
export { foldUsage, hoursKept } from '#tenancy/admission/fold-usage'
export {
  type LimitFacts,
  forgetLimits,
  limitFacts,
  limitNames,
  limitsIn,
  limitsOf,
  setLimits,
  spendRequest,
} from '#tenancy/admission/limits'
export {
  forgetSession,
  rememberSession,
  countTenantRequest,
  countSessionRequest,
} from '#tenancy/admission/request-rate'
export { storeUsage } from '#tenancy/admission/store-usage'
export { tenantQueues } from '#tenancy/admission/tenant-queues'
export {
  type LimitReached,
  type Usage,
  countLimit,
  noUsage,
  usageNames,
  usageSoFar,
} from '#tenancy/admission/usage'
export { type Actor, type Caller, type ServiceCaller, isService } from '#tenancy/base/caller'
export { decrypt, encrypt, needsRotation, newSecret, secretHash } from '#tenancy/base/encryption'
export {
  type BusyLimit,
  ConfigurationError,
  ConnectionFailed,
  DedicatedRoleRefused,
  Invalid,
  NotFound,
  RowhouseError,
  TenantNotFound,
  TooBusy,
  TookTooLong,
} from '#tenancy/base/errors'
export { type FailedCall, failedCallOf } from '#tenancy/base/database-client'
export {
  type DatabaseError,
  codeOf,
  isConnectionError,
  isDatabaseError,
  isTransient,
} from '#tenancy/base/transient-errors'
export { type Backoff, nextAttemptAt } from '#tenancy/base/backoff'
export { isId, newId, privateName } from '#tenancy/base/ids'
export { checkPipeline } from '#tenancy/base/pipeline/choose'
export {
  type AdmissionRequest,
  type Entry,
  type Limits,
  type Logger,
  type Login,
  type MembersPort,
  type PlacementKind,
  type PlatformDb,
  type Statement,
  type Tenancy,
  type TenancyConfig,
  type TierDefinition,
  type TransactionOutcome,
  type TransactionTrace,
  loginPassword,
  loginUrl,
  logins,
  placementKinds,
  stateOf,
} from '#tenancy/base/tenancy'
export { type TenantTx } from '#tenancy/base/tenant-tx'
export { recordStatements } from '#tenancy/context/transaction'
export { tenantBatch, withTenant } from '#tenancy/context/with-tenant'
export { createTenancy } from '#tenancy/create-tenancy'
export {
  type Placement,
  connectionString,
  forgetPlacement,
  placementOf,
  platform,
  readPlacements,
  serviceUrl,
} from '#tenancy/registry/placements'
export { closePools, platformPool, tenantPools } from '#tenancy/registry/pools'
export { bySlug, checkSlug } from '#tenancy/registry/tenants'
export {
  beyond,
  orderBy,
  page,
  parseCursor,
  type Cursor,
  type Ordering,
  type Page,
} from '#tenancy/base/keyset'
export { derivedLoginUrl } from '#tenancy/base/login-urls'
export {
  NotAMember,
  NotSignedIn,
  PlacementStale,
  QueryAfterEnd,
  RolledBack,
  TenantMoving,
  TenantSuspended,
} from '#tenancy/context/errors'
export { OldLayout, SchemaTooNew } from '#tenancy/migrations/errors'
export { ServerTooOld, ServerUnusable } from '#tenancy/placements/errors'
export { UnsafeLogin } from '#tenancy/checks/errors'
