import type { Route } from 'next'

/** Makes the address of this page with some things changed; null leaves one out. */
export type Link = (changes: Record<string, string | null>) => Route
