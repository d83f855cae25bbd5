import { setTimeout as sleep } from 'node:timers/promises'
import { commandLine } from '@rowhouse/tenancy/admin'
import type { Outcome, Run } from '#db/cli/commands'
import { table } from '#db/cli/table'
import { UsageError } from '#db/cli/usage'
import { asTier, tierFor, tierNames, type Tier } from '#db/tiers'
import {
  latestMove,
  readEvents,
  readMove,
  type Move,
  type MoveEvent,
  planMove,
  requestAbandon,
  requestAbort,
  requestConfirm,
  requestMove,
  requestRollback,
  requestTidying,
  type MoveRequest,
  isLive,
  stateMeaning,
} from '@rowhouse/tenancy/moves'
import { platform, tenancy } from '#db/tenancy'
import { placementKinds, type PlacementKind, bySlug } from '@rowhouse/tenancy'

export const run: Run = async ({ values, positionals: [slug, ...rest] }) => {
  if (!slug || rest.length > 0) throw new UsageError('name one tenant by its slug')
  const tenant = await bySlug(platform(), slug)
  const actor = commandLine()
  const asked = ['to', 'status', 'abort', 'confirm', 'rollback', 'abandon', 'tidy'].filter(
    (option) => values[option],
  )
  if (asked.length !== 1)
    throw new UsageError(
      'say one thing: --to KIND, --status, --abort, --confirm, --rollback, --abandon or --tidy',
    )
  if (values['dry-run'] && !values.to)
    throw new UsageError(`--dry-run goes with --to; --${asked[0]} would be done`)
  const reason = typeof values.reason === 'string' ? values.reason : 'asked for on the command line'
  const follow = (move: Move) =>
    values.wait
      ? followed(move.id, slug, {
          aloud: values.json !== true,
          back: values.abort === true || move.state === 'aborting',
        })
      : shown(move, slug)
  if (values.status) return shown(await latestMove(tenancy(), tenant.id), slug)
  if (values.abort) return follow(await requestAbort(tenancy(), tenant.id, slug, actor))
  if (values.confirm) return follow(await requestConfirm(tenancy(), tenant.id, slug, actor))
  if (values.abandon) return follow(await requestAbandon(tenancy(), tenant.id, slug, actor))
  if (values.tidy) return follow(await requestTidying(tenancy(), tenant.id, slug, actor))
  if (values.rollback)
    return follow(await requestRollback(tenancy(), tenant.id, slug, actor, reason))
  const databaseUrl = values['database-url']
  const to = kindOf(values.to)
  const request: MoveRequest = {
    tenantId: tenant.id,
    to,
    tier: tierOption(values.tier) ?? tierFor(to, asTier(tenant.tier)),
    actor,
    reason,
    ...(typeof databaseUrl === 'string' ? { databaseUrl } : {}),
  }
  return values['dry-run'] ? planned(request, slug) : follow(await requestMove(tenancy(), request))
}

function kindOf(value: unknown): PlacementKind {
  const kind = placementKinds.find((known) => known === value)
  if (!kind)
    throw new UsageError(`--to is one of ${placementKinds.join(', ')}, not ${String(value)}`)
  return kind
}

function tierOption(value: unknown): Tier | undefined {
  if (value === undefined) return undefined
  const tier = tierNames.find((known) => known === value)
  if (!tier) throw new UsageError(`--tier is one of ${tierNames.join(', ')}, not ${String(value)}`)
  return tier
}

async function planned(request: MoveRequest, slug: string): Promise<Outcome> {
  const plan = await planMove(tenancy(), request)
  const sizes = table(
    ['table', 'rows'],
    plan.tables.map(({ name, rows }) => [name, rows]),
  )
  const steps = plan.steps.map((step, i) => `${i + 1}. ${step}`).join('\n')
  return {
    text: `${slug}: from ${plan.from} to ${plan.to}\n\n${sizes}\n\n${steps}\n\n${plan.rows} rows, about ${plan.seconds} s. ${plan.hinders.join('; ') || 'Nothing hinders the move'}; nothing was changed.`,
    json: { ...plan, dryRun: true },
  }
}

async function shown(move: Move | undefined, slug: string): Promise<Outcome> {
  if (!move) return { text: `tenant ${slug} has never moved`, json: { slug, move: null } }
  const events = await readEvents(tenancy(), move.id)
  const lines = table(
    ['at', 'event', 'detail', 'rows', 'ms'],
    events.map(({ at, event, detail, rows, tookMs }) => [
      at.toISOString().slice(11, 23),
      event,
      detail,
      rows,
      tookMs,
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
    `${slug}: ${move.state} (${stateMeaning[move.state]})`,
    move.note,
    move.error && `error: ${move.error}`,
    move.pauseMs !== null && `writes waited ${Math.round(move.pauseMs)} ms at the switch`,
  ]
    .filter(Boolean)
    .join('\n')

function documentOf(move: Move, events: MoveEvent[], slug: string) {
  const {
    id,
    state,
    note,
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
    note,
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
    events: events.map(({ at, event, detail, rows, tookMs }) => ({
      at,
      event,
      detail,
      rows,
      tookMs,
    })),
  }
}

/**
 * Prints what happens until the worker has nothing more to do, on a terminal with a line that
 * moves. `back`: it is to end given up.
 */
async function followed(
  moveId: string,
  slug: string,
  { aloud, back }: { aloud: boolean; back: boolean },
): Promise<Outcome> {
  const live = aloud && process.stderr.isTTY
  const began = Date.now()
  for (let [seen, hinted] = [0, false]; ; await sleep(200)) {
    const move = await readMove(tenancy(), moveId)
    const events = await readEvents(tenancy(), moveId)
    if (live) process.stderr.write('\r\x1b[K')
    if (aloud)
      for (const { event, detail, rows, tookMs } of events.slice(seen))
        console.error(
          [event, detail, rows !== null && `${rows} rows`, tookMs !== null && `${tookMs} ms`]
            .filter(Boolean)
            .join(' · '),
        )
    seen = events.length
    if (aloud && !hinted && seen === 0 && Date.now() - began > 5000) {
      console.error(
        'no worker has taken the move yet; `npm run worker` starts one, and `npm run dev` has one',
      )
      hinted = true
    }
    const settled =
      move.state === 'switched'
        ? move.confirmBy === null && move.rollsBack === null
        : !isLive(move.state)
    if (settled)
      return {
        text: headline(move, slug),
        json: documentOf(move, events, slug),
        failed: (move.state === 'aborted') !== back,
      }
    if (live)
      process.stderr.write(
        `${bar(move)} ${move.state} ${move.note}`.slice(0, (process.stderr.columns || 80) - 1),
      )
  }
}

function bar({ rowsDone, rowsTotal }: Move): string {
  const part = rowsTotal === 0 ? 0 : Math.min(1, rowsDone / rowsTotal)
  return `${'█'.repeat(Math.round(part * 20)).padEnd(20, '░')} ${Math.round(part * 100)} %`
}
