import type { Route } from 'next'

export const tenantAt = (slug: string) => `/console/tenants/${slug}` as Route
export const tierAt = (slug: string) => `/console/tenants/${slug}/tier` as Route
export const moveAt = (id: string) => `/console/moves/${id}` as Route
export const runAt = (id: string) => `/console/fleet/runs/${id}` as Route
