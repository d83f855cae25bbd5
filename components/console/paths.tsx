import type { Route } from 'next'

export const tenantPath = (slug: string) => `/console/tenants/${slug}` as Route
export const tierPath = (slug: string) => `/console/tenants/${slug}/tier` as Route
export const movePath = (id: string) => `/console/moves/${id}` as Route
export const fleetRunPath = (id: string) => `/console/fleet/runs/${id}` as Route
