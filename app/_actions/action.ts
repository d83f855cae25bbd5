import { statusOf } from '#app/_http/status-of'
import type { Route } from 'next'
import { refresh, revalidatePath } from 'next/cache'
import { headers } from 'next/headers'
import { notFound, redirect } from 'next/navigation'
import 'server-only'
import { z } from 'zod'
import { asSentence } from '#app/_format/sentence'
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

// Server actions are made here and nowhere else. An exported action is a public POST endpoint, so
// each maker authenticates and authorises its caller before it calls `run`.

/**
 * The result of an action. A refusal has the `code` and message of the error and a message for each
 * invalid field; `values` refills the form.
 */
export type ActionState<R = unknown> =
  | { ok: true; result: R }
  | {
      ok: false
      code: string
      message: string
      fields: Record<string, string>
      values: Record<string, unknown>
    }

/**
 * A server action, with the signature that `useActionState` expects.
 * @param previous - The last result. It is not used.
 * @param input - A form's data, or an object of the schema's shape.
 */
export type Action<R> = (previous: unknown, input: FormData | object) => Promise<ActionState<R>>

type ActionOptions<R> = {
  /** Where to send the browser afterwards. */
  redirectTo?: (result: R) => string
  /** Paths to revalidate; without it, the current page is refreshed. */
  revalidate?: string[]
}

/**
 * Makes an action inside the session's tenant. The form names the tenant that it was rendered for in
 * `_tenant`; any other tenant is refused.
 * @param schema - The form's fields. Unknown fields are refused.
 * @param run - Runs in a tenant transaction, and may run twice: the transaction is retried when the
 *   tenant has moved in between. Besides the database it may only do what is safe to repeat.
 * @param options - `may` is the permission that the caller's role needs (default `tenant:read`).
 */
export function tenantAction<S extends z.ZodObject, R>(
  schema: S,
  run: (tx: TenantTx, input: z.output<S>, tenant: TenantSession['tenant']) => Promise<R>,
  options: ActionOptions<R> & { may?: Permission } = {},
): Action<R> {
  return (_, form) =>
    runAction(schema, form, options, async (input, raw) => {
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

/**
 * Makes an action of a signed-in user that touches no tenant's data.
 * @param schema - The form's fields. Unknown fields are refused.
 * @param run - Runs once, outside any transaction.
 */
export function userAction<S extends z.ZodObject, R>(
  schema: S,
  run: (session: Session, input: z.output<S>) => Promise<R>,
  options: ActionOptions<R> = {},
): Action<R> {
  return (_, form) =>
    runAction(schema, form, options, async (input) => run(await signedIn(), input))
}

/**
 * Makes an action of an operator. Everyone else gets a 404; an operator who lacks a required second
 * factor is refused.
 * @param schema - The form's fields. Unknown fields are refused.
 * @param run - Runs once, outside any transaction.
 */
export function operatorAction<S extends z.ZodObject, R>(
  schema: S,
  run: (session: Session, input: z.output<S>) => Promise<R>,
  options: ActionOptions<R> = {},
): Action<R> {
  return async (_, form) => {
    const session = await auth()
    if (!session?.user.operator) notFound()
    return runAction(schema, form, options, async (input) => {
      if (await secondFactor.isMissing(session.user.id)) throw new SecondFactorMissing()
      return run(session, input)
    })
  }
}

/**
 * Makes an action for anyone, such as signing in. It does not read the session.
 * @param schema - The form's fields. Unknown fields are refused.
 * @param run - Runs once, outside any transaction.
 */
export function publicAction<S extends z.ZodObject, R>(
  schema: S,
  run: (input: z.output<S>) => Promise<R>,
  options: ActionOptions<R> = {},
): Action<R> {
  return (_, form) => runAction(schema, form, options, (input) => run(input))
}

async function signedIn(): Promise<Session> {
  const session = await auth()
  if (!session) throw new NotSignedIn()
  return session
}

async function runAction<S extends z.ZodObject, R>(
  schema: S,
  form: FormData | object,
  options: ActionOptions<R>,
  work: (input: z.output<S>, raw: Record<string, unknown>) => Promise<R>,
): Promise<ActionState<R>> {
  const { _tenant, ...raw } = formDataToObject(form)
  const parsed = schema.strict().safeParse(raw)
  const refuse = (code: string, message: string, fields: Record<string, string> = {}) => ({
    ok: false as const,
    code,
    message,
    fields,
    values: valuesToRefill(form),
  })
  if (!parsed.success)
    return refuse(Invalid.code, summarize(parsed.error), fieldErrors(parsed.error))
  let result: R
  try {
    requireSameOrigin(await headers())
    result = await work(parsed.data as z.output<S>, { ...raw, _tenant })
  } catch (error) {
    if (Invalid.is(error))
      return refuse(error.code, error.message, { [error.field]: error.message })
    if (RowhouseError.is(error) && statusOf(error) !== 500)
      return refuse(error.code, asSentence(error.message))
    throw error
  }
  if (options.redirectTo) redirect(options.redirectTo(result) as Route)
  if (options.revalidate) for (const path of options.revalidate) revalidatePath(path)
  else refresh()
  return { ok: true, result }
}

/** An unknown field has no input to mark, so the message names it. */
function summarize({ issues }: z.ZodError): string {
  const unknown = issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []))
  return unknown.length > 0
    ? `The form sent something unexpected (${unknown.join(', ').slice(0, 100)}); reload the page.`
    : 'Please correct the marked fields.'
}

/** The first message of each field, under the field's name in the form. */
function fieldErrors(error: z.ZodError): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const { path, message, code } of error.issues)
    if (code !== 'unrecognized_keys') fields[path.join('.')] ??= message
  return fields
}
