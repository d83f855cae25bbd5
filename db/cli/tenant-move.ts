import { setTimeout as sleep } from 'node:timers/promises'
import { commandLine } from '@rowhouse/tenancy/admin'
import type { CommandResult, RunCommand } from '#db/cli/commands'
import { table } from '#db/cli/table'
import { UsageError } from '#db/cli/usage-error'
import { tierNames, type Tier } from '#db/tiers'
import {
  latestMove,
  readEvents,
  readMove,
  type Move,
  type MoveEvent,
  planMove,
  requestAbort,
  requestConfirm,
  requestForceFinish,
  requestMove,
  requestResume,
  requestRollback,
  type MoveRequest,
} from '@rowhouse/tenancy/moves'
import { factsOf, isLive } from '@rowhouse/tenancy/move-states'
import { platform, tenancy } from '#db/tenancy'
import { placementKinds, type PlacementKind, bySlug } from '@rowhouse/tenancy'

const modes = ['to', 'status', 'abort', 'confirm', 'rollback', 'force-finish', 'resume'] as const

export const run: RunCommand = async ({ values, positionals: [slug, ...rest] }) => {
  if (!slug || rest.length > 0) throw new UsageError('give the slug of one tenant')
  const tenant = await bySlug(platform(), slug)
  const [mode, ...others] = modes.filter((option) => values[option])
  if (!mode || others.length > 0)
    throw new UsageError(
      'give exactly one of --to KIND, --status, --abort, --confirm, --rollback, --force-finish and --resume',
    )
  if (values['dry-run'] && mode !== 'to')
    throw new UsageError(`--dry-run works with --to only; --${mode} would not be a dry run`)
  const reason = typeof values.reason === 'string' ? values.reason : 'requested on the command line'
  const target = { tenantId: tenant.id, slug, actor: commandLine() }
  const follow = (move: Move) =>
    values.wait
      ? followMove(move.id, slug, {
          verbose: values.json !== true,
          expectAbort: mode === 'abort' || move.state === 'aborting',
        })
      : showMove(move, slug)
  switch (mode) {
    case 'status':
      return showMove(await latestMove(tenancy(), tenant.id), slug)
    case 'abort':
      return follow(await requestAbort(tenancy(), target))
    case 'confirm':
      return follow(await requestConfirm(tenancy(), target))
    case 'force-finish':
      return follow(await requestForceFinish(tenancy(), target))
    case 'resume':
      return follow(await requestResume(tenancy(), target))
    case 'rollback':
      return follow(await requestRollback(tenancy(), { ...target, reason }))
    case 'to': {
      const databaseUrl = values['database-url']
      const to = kindOf(values.to)
      const request: MoveRequest = {
        tenantId: tenant.id,
        to,
        ...(values.tier !== undefined && { tier: tierOption(values.tier) }),
        actor: target.actor,
        reason,
        ...(typeof databaseUrl === 'string' ? { databaseUrl } : {}),
      }
      return values['dry-run']
        ? showPlan(request, slug)
        : follow(await requestMove(tenancy(), request))
    }
  }
}

function kindOf(value: unknown): PlacementKind {
  const kind = placementKinds.find((known) => known === value)
  if (!kind)
    throw new UsageError(`--to takes one of ${placementKinds.join(', ')}, not ${String(value)}`)
  return kind
}

function tierOption(value: unknown): Tier {
  const tier = tierNames.find((known) => known === value)
  if (!tier)
    throw new UsageError(`--tier takes one of ${tierNames.join(', ')}, not ${String(value)}`)
  return tier
}

async function showPlan(request: MoveRequest, slug: string): Promise<CommandResult> {
  const plan = await planMove(tenancy(), request)
  const sizes = table(
    ['table', 'rows'],
    plan.tables.map(({ name, rows }) => [name, rows]),
  )
  const steps = plan.steps.map((step, i) => `${i + 1}. ${step}`).join('\n')
  return {
    text: `${slug}: from ${plan.from} to ${plan.to}, ${request.tier ? `tier ${request.tier}` : 'with the same tier'}\n\n${sizes}\n\n${steps}\n\n${plan.rows} rows, about ${plan.seconds} s. ${plan.warnings.join('; ') || 'Nothing would delay the move'}. Nothing was changed.`,
    json: { ...plan, dryRun: true },
  }
}

async function showMove(move: Move | undefined, slug: string): Promise<CommandResult> {
  if (!move) return { text: `tenant ${slug} has never been moved`, json: { slug, move: null } }
  const events = await readEvents(tenancy(), move.id)
  const lines = table(
    ['at', 'event', 'detail', 'rows', 'ms'],
    events.map((event) => [
      event.at.toISOString().slice(11, 23),
      event.event,
      detailOf(event),
      event.rows,
      event.tookMs,
    ]),
  )
  return {
    text: `${lines}\n\n${headline(move, slug)}`,
    json: documentOf(move, events, slug),
    failed: move.error !== null,
  }
}

const headline = (move: Move, slug: string) =>
  [
    `${slug}: ${move.state} (${factsOf(move.state).description})`,
    statusOf(move),
    move.error && `error: ${move.error}`,
    move.pauseMs !== null && `writes waited ${Math.round(move.pauseMs)} ms at the switch`,
  ]
    .filter(Boolean)
    .join('\n')

/** What the worker is doing, or the error after which it will retry. */
const statusOf = ({ retryError, statusDetail }: Move) =>
  retryError === null ? statusDetail : `will retry: ${retryError}`

const detailOf = ({ side, location, detail }: MoveEvent) =>
  [location && `${side} copy at ${location}`, detail].filter(Boolean).join(': ')

function documentOf(move: Move, events: MoveEvent[], slug: string) {
  const {
    id,
    state,
    statusDetail,
    retryError,
    error,
    source,
    target,
    tierFrom,
    tierTo,
    requestedBy,
    reason,
    requestedAt,
    rowsTotal,
    rowsDone,
    pauseMs,
    graceUntil,
    rollsBack,
  } = move
  return {
    slug,
    id,
    state,
    statusDetail,
    retryError,
    error,
    from: source.kind,
    to: target.kind,
    tierFrom,
    tierTo,
    requestedBy,
    reason,
    requestedAt,
    rowsTotal,
    rowsDone,
    pauseMs,
    graceUntil,
    rollsBack,
    events: events.map(({ moveId: _, seq: _seq, ...event }) => event),
  }
}

/**
 * Prints the events of a move until the worker has nothing left to do, with a progress bar on a
 * terminal.
 *
 * @param options.expectAbort - Succeed if the move is aborted, and fail otherwise.
 */
async function followMove(
  moveId: string,
  slug: string,
  { verbose, expectAbort }: { verbose: boolean; expectAbort: boolean },
): Promise<CommandResult> {
  const live = verbose && process.stderr.isTTY
  const startedAt = Date.now()
  for (let [printed, hinted] = [0, false]; ; await sleep(200)) {
    const move = await readMove(tenancy(), moveId)
    const events = await readEvents(tenancy(), moveId)
    if (live) process.stderr.write('\r\x1b[K')
    if (verbose)
      for (const event of events.slice(printed))
        console.error(
          [
            event.event,
            detailOf(event),
            event.rows !== null && `${event.rows} rows`,
            event.tookMs !== null && `${event.tookMs} ms`,
          ]
            .filter(Boolean)
            .join(' · '),
        )
    printed = events.length
    if (verbose && !hinted && printed === 0 && Date.now() - startedAt > 5000) {
      console.error(
        'no worker has picked up the move yet; start one with `npm run worker` (`npm run dev` includes one)',
      )
      hinted = true
    }
    const finished =
      move.state === 'switched'
        ? move.confirmBy === null && move.rollsBack === null
        : !isLive(move.state)
    if (finished)
      return {
        text: headline(move, slug),
        json: documentOf(move, events, slug),
        failed: (move.state === 'aborted') !== expectAbort,
      }
    if (live)
      process.stderr.write(
        `${bar(move)} ${move.state} ${statusOf(move)}`.slice(0, (process.stderr.columns || 80) - 1),
      )
  }
}

function bar({ rowsDone, rowsTotal }: Move): string {
  const part = rowsTotal === 0 ? 0 : Math.min(1, rowsDone / rowsTotal)
  return `${'█'.repeat(Math.round(part * 20)).padEnd(20, '░')} ${Math.round(part * 100)} %`
}
