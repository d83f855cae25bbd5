import { statusOf } from '#app/_http/status-of'
import type { Route } from 'next'
import { refresh, revalidatePath } from 'next/cache'
import { headers } from 'next/headers'
import { notFound, redirect } from 'next/navigation'
import 'server-only'
import { z } from 'zod'
import { formDataToObject, valuesToRefill } from '#app/_actions/form-data'
import { requireSameOrigin } from '#app/_http/same-origin'
import { auth, type Session, type TenantSession } from '#app/_session/session'
import { callerOf } from '#app/_session/tenant-db'
import { withTenant, tenancy } from '#db/tenancy'
import { type TenantTx, Invalid, NotSignedIn, RowhouseError, spendRequest } from '@rowhouse/tenancy'
import { NotAllowed, SecondFactorMissing, WrongTenant } from '#db/errors'
import { may, type Permission } from '#db/accounts/permissions'
import * as secondFactor from '#db/accounts/second-factor'
import * as sessions from '#db/accounts/sessions'

// The only makers of server actions. An exported action is a public POST: each of these checks who
// comes before it does anything.

export type ActionState<R = unknown> =
  | { ok: true; result: R }
  | { ok: false; message: string; fields: Record<string, string>; values: Record<string, unknown> }

/**
 * What `useActionState` calls: the last answer, and a form's data or an object of the schema's
 * shape.
 */
export type Action<R> = (previous: unknown, input: FormData | object) => Promise<ActionState<R>>

type Options<R> = { redraw?: string[]; then?: (result: R) => string }

/**
 * An action inside the session's tenant. The form names the tenant it was rendered for in
 * `_tenant`; another one is refused.
 */
export function tenantAction<S extends z.ZodObject, R>(
  schema: S,
  run: (tx: TenantTx, input: z.output<S>, tenant: TenantSession['tenant']) => Promise<R>,
  options: Options<R> & { may?: Permission } = {},
): Action<R> {
  return (_, given) =>
    answer(schema, given, options, async (input, raw) => {
      const session = await signedIn()
      const { tenant } = session
      if (!tenant) throw await sessions.explainLostAccess(session.user.id, raw._tenant)
      if (raw._tenant !== tenant.id)
        throw new WrongTenant(
          session.tenants.find(({ id }) => id === raw._tenant)?.name ?? 'another organisation',
          tenant.name,
        )
      const permission = options.may ?? 'tenant:read'
      if (!may(tenant.role, permission)) throw new NotAllowed(tenant.role, permission)
      await spendRequest(tenancy(), tenant.id)
      return withTenant(callerOf({ ...session, tenant }), (tx) => run(tx, input, tenant))
    })
}

/** An action of a signed-in user that touches no tenant's data. */
export function userAction<S extends z.ZodObject, R>(
  schema: S,
  run: (session: Session, input: z.output<S>) => Promise<R>,
  options: Options<R> = {},
): Action<R> {
  return (_, given) => answer(schema, given, options, async (input) => run(await signedIn(), input))
}

/** An action of an operator. For anybody else it is not there. */
export function operatorAction<S extends z.ZodObject, R>(
  schema: S,
  run: (session: Session, input: z.output<S>) => Promise<R>,
  options: Options<R> = {},
): Action<R> {
  return async (_, given) => {
    const session = await auth()
    if (!session?.user.operator) notFound()
    return answer(schema, given, options, async (input) => {
      if (await secondFactor.isMissing(session.user.id)) throw new SecondFactorMissing()
      return run(session, input)
    })
  }
}

/** An action for anybody: sign-in and the like. It reads nothing of a session. */
export function publicAction<S extends z.ZodObject, R>(
  schema: S,
  run: (input: z.output<S>) => Promise<R>,
  options: Options<R> = {},
): Action<R> {
  return (_, given) => answer(schema, given, options, (input) => run(input))
}

async function signedIn(): Promise<Session> {
  const session = await auth()
  if (!session) throw new NotSignedIn()
  return session
}

async function answer<S extends z.ZodObject, R>(
  schema: S,
  given: FormData | object,
  options: Options<R>,
  work: (input: z.output<S>, raw: Record<string, unknown>) => Promise<R>,
): Promise<ActionState<R>> {
  const { _tenant, ...raw } = formDataToObject(given)
  const parsed = schema.strict().safeParse(raw)
  if (!parsed.success) return refused(summary(parsed.error), fieldsOf(parsed.error), given)
  let result: R
  try {
    requireSameOrigin(await headers())
    result = await work(parsed.data as z.output<S>, { ...raw, _tenant })
  } catch (error) {
    if (Invalid.is(error)) return refused(error.message, { [error.field]: error.message }, given)
    if (RowhouseError.is(error) && statusOf(error) !== 500)
      return refused(capital(error.message), {}, given)
    throw error
  }
  if (options.then) redirect(options.then(result) as Route)
  if (options.redraw) for (const path of options.redraw) revalidatePath(path)
  else refresh()
  return { ok: true, result }
}

/** A field that no person filled in cannot be marked: it is named. */
function summary({ issues }: z.ZodError): string {
  const strange = issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []))
  return strange.length > 0
    ? `The form sent something unexpected (${strange.join(', ').slice(0, 100)}); reload the page.`
    : 'Please correct the marked fields.'
}

/** The first message of each field, under the name that the form gives it. */
function fieldsOf(error: z.ZodError): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const { path, message, code } of error.issues)
    if (code !== 'unrecognized_keys') fields[path.join('.')] ??= message
  return fields
}

const refused = (message: string, fields: Record<string, string>, given: FormData | object) => ({
  ok: false as const,
  message,
  fields,
  values: valuesToRefill(given),
})
const capital = (text: string) =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}.`.replace(/\.\.$/, '.')
