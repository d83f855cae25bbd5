import type { Role } from '#db/schema/platform'

/**
 * The roles in order of their rights, with the description that people see when they choose one.
 */
export const roleDescriptions: Record<Role, string> = {
  owner: 'Everything, owners and the end of the organisation included',
  admin: 'Members, settings, API keys and export, besides the daily work',
  member: 'Orders, customers and products',
  viewer: 'Looks at everything, changes nothing',
}
export const rolesInOrder = Object.keys(roleDescriptions) as Role[]

/** The roles that a member with this role may assign. */
export const assignableRoles = (mine: Role): Role[] =>
  mine === 'owner'
    ? rolesInOrder
    : mine === 'admin'
      ? rolesInOrder.filter((role) => role !== 'owner')
      : []
