import type { Route } from 'next'

/** Makes the address of this page with some things changed; null leaves one out. */
export type HrefBuilder = (changes: Record<string, string | null>) => Route
