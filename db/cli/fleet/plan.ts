import type { RunCommand } from '#db/cli/commands'
import { textOption } from '#db/cli/fleet/options'
import {
  lockLevels,
  readStatus,
  planMigrations,
  type PlannedFile,
  type PlannedStatement,
} from '@rowhouse/tenancy/migrations'
import { tenancy } from '#db/tenancy'

export const run: RunCommand = async ({ values }) => {
  const to = textOption(values, 'to')
  await readStatus(tenancy()) // also inspects dedicated databases for the first time
  const files = await planMigrations(tenancy(), to === undefined ? {} : { to })
  return {
    text:
      files.length === 0
        ? 'all targets are current; there is nothing to do'
        : files.map(describeFile).join('\n\n'),
    json: { files },
  }
}

function describeFile({
  migration,
  plane,
  targets,
  transactional,
  breaking,
  outOfOrder,
  statements,
}: PlannedFile): string {
  const who = targets.length > 5 ? `${targets.length} targets` : targets.join(', ')
  return [
    `${migration} (${plane}) on ${who}, ${transactional ? 'each in one transaction' : 'outside a transaction'}`,
    ...(breaking === null
      ? []
      : [`  breaking: ${breaking}; builds without it refuse to start once a target has it`]),
    ...(outOfOrder ? ['  out of order: some targets already have later migrations'] : []),
    ...statements.map(describeStatement),
  ].join('\n')
}

function describeStatement({ text, touches, warning, safer }: PlannedStatement): string {
  const what = touches.map(({ table, lock, rewrites, reads }) =>
    lock === 'none'
      ? 'locks no table in use'
      : `${lock}${table === null ? '' : ` on ${table}`}, blocks ${lockLevels[lock]}${rewrites ? ', rewrites the table' : reads ? ', reads the whole table' : ''}`,
  )
  return [
    `  ${text.length > 110 ? `${text.slice(0, 109)}…` : text}`,
    ...what.map((line) => `      ${line}`),
    ...(warning === null ? [] : [`    ! ${warning}`]),
    ...(safer === null ? [] : [`    ${warning === null ? 'on a large table' : 'safer'}: ${safer}`]),
  ].join('\n')
}
