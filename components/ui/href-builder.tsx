import type { Route } from 'next'

/** Builds the address of this page with some parameters changed; null removes one. */
export type HrefBuilder = (changes: Record<string, string | null>) => Route
