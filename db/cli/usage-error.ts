/** A command was called incorrectly: print its usage and exit with 2. */
export class UsageError extends Error {}
