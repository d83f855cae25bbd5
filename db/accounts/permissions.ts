import type { Role } from '#db/schema/platform'

// What each role may do inside a tenant. Server, pages and tests all read this table.

const allRoles: Role[] = ['owner', 'admin', 'member', 'viewer']
const writers: Role[] = ['owner', 'admin', 'member']
const admins: Role[] = ['owner', 'admin']
const owners: Role[] = ['owner']

export const permissions = {
  'tenant:read': allRoles,
  'orders:write': writers,
  'customers:write': writers,
  'products:write': writers,
  'data:export': admins,
  'members:read': allRoles,
  'members:write': admins,
  'owners:write': owners,
  'settings:write': admins,
  'keys:write': admins,
  'retention:write': owners,
  'tenant:erase': owners,
} satisfies Record<string, Role[]>

export type Permission = keyof typeof permissions

export const may = (role: Role, permission: Permission): boolean =>
  permissions[permission].includes(role)
