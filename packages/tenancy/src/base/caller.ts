/** Who acts: the id of a person where there is one, and a name for trails. */
export type Actor = { id: string | null; name: string }

/** Whoever asks for a tenant transaction. `kind` names the entry that checks the caller's proof. */
export type Caller = { kind: string; tenantId: string; actor: Actor }

/** The engine itself: jobs of the worker and commands. It gives a reason, which is recorded. */
export type ServiceCaller = { kind: 'service'; tenantId: string; reason: string }

export const isService = (caller: Caller | ServiceCaller): caller is ServiceCaller =>
  caller.kind === 'service'
