import type { Role } from '#db/schema/platform'

/** The roles from most to least, each with what it means to the people who choose one. */
export const roleMeanings: Record<Role, string> = {
  owner: 'Everything, owners and the end of the organisation included',
  admin: 'Members, settings, API keys and export, besides the daily work',
  member: 'Orders, customers and products',
  viewer: 'Looks at everything, changes nothing',
}
export const rolesInOrder = Object.keys(roleMeanings) as Role[]

/** The roles that somebody with this role may give to others. */
export const rolesToGive = (mine: Role): Role[] =>
  mine === 'owner'
    ? rolesInOrder
    : mine === 'admin'
      ? rolesInOrder.filter((role) => role !== 'owner')
      : []
