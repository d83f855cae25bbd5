import type { Route } from 'next'

export const orderAddress = (id: string) => `/orders/${id}` as Route
export const orderEditAddress = (id: string) => `/orders/${id}/edit` as Route
export const customerAddress = (id: string) => `/customers/${id}` as Route
export const productAddress = (id: string) => `/products/${id}` as Route
