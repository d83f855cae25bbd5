import type { Route } from 'next'

export const orderPath = (id: string) => `/orders/${id}` as Route
export const orderEditPath = (id: string) => `/orders/${id}/edit` as Route
export const customerPath = (id: string) => `/customers/${id}` as Route
export const productPath = (id: string) => `/products/${id}` as Route
