/** The person or process on whose behalf a transaction runs. */
export type Actor = {
  /** The user's id; null if it is not a person. */
  id: string | null
  /** The name or email address shown in the activity and audit trails. */
  name: string
}

/** A caller that opens a tenant transaction. `kind` names the entry that checks its proof. */
export type Caller = { kind: string; tenantId: string; actor: Actor }

/** The engine itself: background tasks and commands. */
export type ServiceCaller = {
  kind: 'service'
  tenantId: string
  /**
   * Recorded with each entry: the work as a noun phrase in lower case, with the id of the row that
   * requested it, if there is one: `export 0190f6…`, `move 0190f6…: copy`, `tenant size`. No code
   * depends on its text. The `reason` of a suspension, hold or move is different: a sentence that a
   * person typed.
   */
  reason: string
}

/**
 * Tells service callers from others.
 * @param caller - Any caller.
 * @returns Whether the engine itself opens the transaction; no entry checks it.
 */
export const isService = (caller: Caller | ServiceCaller): caller is ServiceCaller =>
  caller.kind === 'service'
