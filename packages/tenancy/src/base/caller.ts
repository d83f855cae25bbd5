/** Who acts. */
export type Actor = {
  /** The user's id; null where no person acts. */
  id: string | null
  /** What trails show: a name or an email address. */
  name: string
}

/** A caller that opens a tenant transaction. `kind` names the entry that checks its proof. */
export type Caller = { kind: string; tenantId: string; actor: Actor }

/** The engine itself: background tasks and commands. */
export type ServiceCaller = {
  kind: 'service'
  tenantId: string
  /**
   * Recorded with each entry. A noun phrase in lower case that names the work, then the id of the row
   * that asked for it where there is one: `export 0190f6…`, `move 0190f6…: copy`, `tenant size`.
   * Nothing depends on its text. The `reason` of a suspension, hold or move is something else: a
   * person's own sentence.
   */
  reason: string
}

/** @returns Whether the engine itself opens the transaction, whose entry needs no proof. */
export const isService = (caller: Caller | ServiceCaller): caller is ServiceCaller =>
  caller.kind === 'service'
