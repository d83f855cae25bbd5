import { eq } from 'drizzle-orm'
import { commandLine, recordAudit } from '@rowhouse/tenancy/admin'
import type { CommandInput, CommandResult, OperatorVerb } from '#db/cli/commands'
import { table } from '#db/cli/table'
import { UsageError } from '#db/cli/usage-error'
import { platform } from '#db/tenancy'
import { operators, users } from '#db/schema/platform'
import { byEmail, makeOperator, normalizeEmail } from '#db/accounts/users'

const verbs: Record<OperatorVerb, (input: CommandInput) => Promise<CommandResult>> = {
  add,
  remove,
  list,
}

/** Loads an `operator` command. These commands are the only way to add or remove operators. */
export const operatorCommand = (verb: OperatorVerb) => async () => ({ run: verbs[verb] })

async function add(input: CommandInput): Promise<CommandResult> {
  const { id, email } = await userOf(input)
  await platform().transaction(async (tx) => {
    await makeOperator(tx, id, commandLine())
    await recordAudit(tx, { actor: commandLine(), action: 'operator added', detail: { email } })
  })
  return {
    text: `${email} is an operator; the console is at /console and needs two-factor sign-in in production`,
    json: { email, operator: true },
  }
}

async function remove(input: CommandInput): Promise<CommandResult> {
  const { id, email } = await userOf(input)
  await platform().transaction(async (tx) => {
    const [removed] = await tx.delete(operators).where(eq(operators.userId, id)).returning()
    if (!removed)
      throw new UsageError(`${email} is not an operator; \`operator list\` shows all operators`)
    await recordAudit(tx, { actor: commandLine(), action: 'operator removed', detail: { email } })
  })
  return {
    text: `${email} is no longer an operator, from the next request on`,
    json: { email, operator: false },
  }
}

async function list(): Promise<CommandResult> {
  const rows = await platform()
    .select({
      email: users.email,
      name: users.name,
      addedAt: operators.addedAt,
      addedBy: operators.addedBy,
    })
    .from(operators)
    .innerJoin(users, eq(users.id, operators.userId))
    .orderBy(users.email)
  return {
    text: table(
      ['email', 'name', 'since', 'added by'],
      rows.map((row) => [row.email, row.name, row.addedAt.toISOString().slice(0, 10), row.addedBy]),
    ),
    json: { operators: rows },
  }
}

async function userOf({ positionals: [given, ...rest] }: CommandInput) {
  if (!given || rest.length > 0) throw new UsageError('give the email address of one user')
  const email = normalizeEmail(given)
  const user = await byEmail(platform(), email)
  if (!user)
    throw new UsageError(
      `there is no user ${email}; they have to sign up or accept an invitation first`,
    )
  return user
}
