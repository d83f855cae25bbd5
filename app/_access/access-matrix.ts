// Who may use which page, route and action. Written by hand, independently of the permissions, so
// that tests can compare the two.

/** Members of a tenant by role, an operator (who is a member of none), and a signed-out caller. */
export type Persona = 'owner' | 'admin' | 'member' | 'viewer' | 'operator' | 'nobody'
export const personas: Persona[] = ['owner', 'admin', 'member', 'viewer', 'operator', 'nobody']

const members: Persona[] = ['owner', 'admin', 'member', 'viewer']
const users: Persona[] = [...members, 'operator']
const operators: Persona[] = ['operator']
const writers: Persona[] = ['owner', 'admin', 'member']
const admins: Persona[] = ['owner', 'admin']
const owner: Persona[] = ['owner']

/**
 * Who is authorised to call an action, and a form that its schema accepts. The form may name rows
 * that do not exist, because they are looked up after the authorisation.
 */
export type ActionRow = { allowed: Persona[]; form: object } | { publicBecause: string }

const none = '00000000-0000-7000-8000-000000000000'
const password = { currentPassword: 'not my password' }
const order = {
  customerId: none,
  note: '',
  lines: [{ productId: none, quantity: '1', unitPrice: '1' }],
}
const customer = { name: 'Nordfeld', email: '', phone: '', address: '', note: '' }
const product = { sku: 'A-1', name: 'Anvil', price: '1' }

export const actionRows: Record<string, ActionRow> = {
  signInAction: { publicBecause: 'signing in' },
  codeAction: {
    publicBecause: 'needs the encrypted cookie that a correct password sets',
  },
  oauthAction: { publicBecause: 'signing in with another provider' },
  openLink: { publicBecause: 'puts a secret that the caller has into their own cookie' },
  requestSignUp: { publicBecause: 'signing up' },
  completeSignUp: { publicBecause: 'needs the token of an email link' },
  requestPasswordReset: { publicBecause: 'forgot password' },
  resetPassword: { publicBecause: 'needs the token of an email link' },
  confirmEmailChange: { publicBecause: 'needs the token of an email link' },
  acceptInvitationAsNewUser: { publicBecause: 'needs the token of an email link' },
  signOutAction: { allowed: users, form: {} },
  switchTenantAction: { allowed: users, form: { tenantId: none } },
  acceptInvitation: { allowed: users, form: {} },
  createOrganisation: { allowed: users, form: { name: 'Another' } },
  renameUser: { allowed: users, form: { name: 'Somebody' } },
  changePassword: { allowed: users, form: { ...password, password: 'four green kettles' } },
  changeEmail: { allowed: users, form: { ...password, email: 'x@y.example' } },
  cancelEmailChange: { allowed: users, form: {} },
  endSession: { allowed: users, form: { id: none } },
  endOtherSessions: { allowed: users, form: {} },
  prepareTwoFactor: { allowed: users, form: password },
  confirmTwoFactor: { allowed: users, form: { code: '123456' } },
  regenerateRecoveryCodes: { allowed: users, form: password },
  disableTwoFactor: { allowed: users, form: password },
  inviteMember: { allowed: admins, form: { email: 'not an address', role: 'viewer' } },
  resendInvitation: { allowed: admins, form: { id: none } },
  revokeInvitation: { allowed: admins, form: { id: none } },
  changeRole: { allowed: admins, form: { userId: none, role: 'viewer' } },
  removeMember: { allowed: admins, form: { userId: none } },
  transferOwnership: { allowed: owner, form: { userId: none } },
  leaveOrganisation: { allowed: users, form: { tenantId: none } },
  saveSettings: {
    allowed: admins,
    form: { name: 'Acme', slug: 'not a slug', currency: 'EUR', locale: 'en-GB' },
  },
  createKey: { allowed: admins, form: { name: 'test', scope: 'read', lifetime: '30' } },
  revokeKey: { allowed: admins, form: { id: none, name: 'test' } },
  createOrder: { allowed: writers, form: { ...order, status: 'draft' } },
  editOrder: { allowed: writers, form: { ...order, id: none, version: 1 } },
  changeStatus: { allowed: writers, form: { id: none, version: 1, to: 'paid' } },
  cancelOrder: { allowed: writers, form: { id: none, version: 1, reason: 'why not' } },
  changeStatusOfMany: { allowed: writers, form: { ids: [none], to: 'paid' } },
  duplicateOrder: { allowed: writers, form: { id: none } },
  createCustomer: { allowed: writers, form: customer },
  editCustomer: { allowed: writers, form: { ...customer, id: none, version: 1 } },
  archiveCustomer: { allowed: writers, form: { id: none } },
  restoreCustomer: { allowed: writers, form: { id: none } },
  createProduct: { allowed: writers, form: product },
  editProduct: { allowed: writers, form: { ...product, id: none, version: 1 } },
  archiveProduct: { allowed: writers, form: { id: none } },
  restoreProduct: { allowed: writers, form: { id: none } },
  addSampleData: { allowed: writers, form: {} },
  runAttackProbe: { allowed: members, form: { name: 'there is no such attempt' } },
  forceFinishMove: { allowed: operators, form: { slug: 'no-such-tenant' } },
  resumeMove: { allowed: operators, form: { slug: 'no-such-tenant' } },
  abortMove: { allowed: operators, form: { slug: 'no-such-tenant' } },
  confirmMove: { allowed: operators, form: { slug: 'no-such-tenant' } },
  rollBackMove: { allowed: operators, form: { slug: 'no-such-tenant', reason: 'test' } },
  planTierChange: { allowed: operators, form: { slug: 'no-such-tenant', tier: 'business' } },
  changeTier: {
    allowed: operators,
    form: { slug: 'no-such-tenant', tier: 'business', reason: 'test' },
  },
  suspendTenant: { allowed: operators, form: { slug: 'no-such-tenant', reason: 'test' } },
  setTenantLimits: { allowed: operators, form: { slug: 'no-such-tenant', reason: 'test' } },
  exportTenant: { allowed: operators, form: { slug: 'no-such-tenant', reason: 'test' } },
  holdTenant: { allowed: operators, form: { slug: 'no-such-tenant', reason: 'test' } },
  liftHold: { allowed: operators, form: { slug: 'no-such-tenant', reason: 'test' } },
  eraseTenant: { allowed: operators, form: { slug: 'no-such-tenant', reason: 'test', name: 'x' } },
  cancelTenantErasure: { allowed: operators, form: { slug: 'no-such-tenant' } },
  checkAudit: { allowed: operators, form: {} },
  checkInvariants: { allowed: operators, form: {} },
  checkDrift: { allowed: operators, form: {} },
  startRun: { allowed: operators, form: { concurrency: 'not a number' } },
  beginSupport: {
    allowed: operators,
    form: { slug: 'no-such-tenant', reason: 'test', minutes: '15' },
  },
  allowSupportToWrite: { allowed: operators, form: { reason: 'test' } },
  endSupport: { allowed: operators, form: {} },
  exportEverything: { allowed: admins, form: {} },
  setRetentionDays: { allowed: owner, form: { table: 'no_such_table', days: '30' } },
  answerRetentionRun: { allowed: owner, form: { run: none, yes: 'no' } },
  requestErasure: { allowed: owner, form: { name: 'not its name' } },
  cancelErasure: { allowed: owner, form: {} },
  resumeTenant: { allowed: operators, form: { slug: 'no-such-tenant', reason: 'test' } },
}

/** Who is authorised to call a route handler: with a session, or with an API key of that member. */
export type RouteRow =
  { allowed: Persona[]; by: 'session' | 'key'; body?: object } | { publicBecause: string }

export const routeRows: Record<string, RouteRow> = {
  'GET /healthz': { publicBecause: 'reports that the process is alive' },
  'GET /readyz': { publicBecause: 'reports that the app can serve' },
  'GET /api/auth/[...nextauth]': { publicBecause: 'next-auth' },
  'POST /api/auth/[...nextauth]': {
    publicBecause: 'next-auth, with its own token against forged requests',
  },
  'GET /api/v1/openapi.json': { publicBecause: 'the description of the API' },
  'GET /mailbox/[id]/html': { publicBecause: 'in development only' },
  'GET /api/v1/orders': { allowed: members, by: 'key' },
  'GET /api/v1/orders/[id]': { allowed: members, by: 'key' },
  'POST /api/v1/orders': {
    allowed: writers,
    by: 'key',
    body: { customerId: none, lines: [{ productId: none, quantity: 1, unitPriceMinor: 1 }] },
  },
  'GET /find': { allowed: members, by: 'session' },
  'GET /customers/pick': { allowed: members, by: 'session' },
  'GET /products/pick': { allowed: members, by: 'session' },
  'GET /orders/export': { allowed: admins, by: 'session' },
  'GET /busy': { publicBecause: 'shows that there were too many requests' },
  'GET /metrics': { publicBecause: 'needs its own token' },
  'GET /api/exports/[id]': {
    publicBecause: 'a link for one session and fifteen minutes; everyone else gets a 404',
  },
  'GET /console/fleet/runs/[id]/state': { allowed: operators, by: 'session' },
  'GET /console/fleet/runs/[id]/stream': { allowed: operators, by: 'session' },
  'GET /console/moves/[id]/state': { allowed: operators, by: 'session' },
  'GET /console/moves/[id]/stream': { allowed: operators, by: 'session' },
}

/** What a request for a page gets: the page, a 404, or a redirect to this path. */
export type PageResult = 'page' | 'not found' | `/${string}`
export type PageRow = Record<Persona, PageResult>

const visibleTo = (allowed: Persona[], others: Partial<PageRow> = {}): PageRow =>
  Object.fromEntries(
    personas.map((who) => [who, allowed.includes(who) ? 'page' : (others[who] ?? 'not found')]),
  ) as PageRow
const visibleToMembers = (allowed = members) =>
  visibleTo(allowed, { operator: '/welcome', nobody: '/sign-in' })
const visibleToUsers = visibleTo(users, { nobody: '/sign-in' })
const visibleToOperators = visibleTo(operators)
const visibleToAnybody = visibleTo(personas)
const redirectAll = (address: `/${string}`) =>
  Object.fromEntries(personas.map((who) => [who, address])) as PageRow
const toOrders = {
  owner: '/orders',
  admin: '/orders',
  member: '/orders',
  viewer: '/orders',
} as const
const inDevelopment = visibleTo([])

export const pageRows: Record<string, PageRow> = {
  '/': visibleTo([], { ...toOrders, operator: '/welcome', nobody: '/sign-in' }),
  '/sign-in': visibleTo(['nobody'], { ...toOrders, operator: '/orders' }),
  '/sign-in/code': redirectAll('/sign-in'),
  '/sign-up': visibleTo(['nobody'], { ...toOrders, operator: '/orders' }),
  '/open': visibleToAnybody,
  '/sent': visibleToAnybody,
  '/reset': visibleToAnybody,
  '/reset/new': visibleToAnybody,
  '/verify': visibleToAnybody,
  '/email': visibleToAnybody,
  '/invitation': visibleToAnybody,
  '/mailbox': inDevelopment,
  '/mailbox/[id]': inDevelopment,
  '/welcome': visibleTo(operators, { ...toOrders, nobody: '/sign-in' }),
  '/new-organisation': visibleToUsers,
  '/account': visibleToUsers,
  '/account/security': visibleToUsers,
  '/account/sessions': visibleToUsers,
  '/overview': visibleToMembers(),
  '/orders': visibleToMembers(),
  '/orders/new': visibleToMembers(writers),
  '/orders/[id]': visibleToMembers(),
  '/orders/[id]/edit': visibleToMembers(writers),
  '/customers': visibleToMembers(),
  '/customers/[id]': visibleToMembers(),
  '/products': visibleToMembers(),
  '/products/[id]': visibleToMembers(),
  '/activity': visibleToMembers(),
  '/isolation': visibleToMembers(),
  '/members': visibleToMembers(),
  '/settings': visibleToMembers(),
  '/settings/data': visibleToMembers(),
  '/settings/keys': visibleToMembers(admins),
  '/console': visibleToOperators,
  '/console/tenants': visibleToOperators,
  '/console/tenants/[slug]': visibleToOperators,
  '/console/tenants/[slug]/tier': visibleToOperators,
  '/console/moves': visibleToOperators,
  '/console/moves/[id]': visibleToOperators,
  '/console/fleet': visibleToOperators,
  '/console/fleet/runs/[id]': visibleToOperators,
  '/console/usage': visibleToOperators,
  '/console/jobs': visibleToOperators,
  '/console/audit': visibleToOperators,
  '/console/doctor': visibleToOperators,
}
