/** A mistake in how a command was called: exit 2 and its usage. */
export class UsageError extends Error {}
