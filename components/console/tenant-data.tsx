import type { Action } from '#app/_actions/action'
import { EraseDialog } from '#components/console/erase-dialog'
import { DetailRow, DetailRows } from '#components/console/detail-rows'
import { RelativeTime } from '#components/console/format-time'
import { ReasonDialog } from '#components/console/reason-dialog'
import { RefreshWhileRunning } from '#components/data/refresh-while-running'
import { ActionButton } from '#components/forms/action-button'
import { formatCount, formatDateTime, type Formats } from '#components/formats'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { Notice } from '#components/ui/notice'
import type { DataOverview } from '#db/data-overview'

type TenantDataActions = Record<
  'exportAll' | 'hold' | 'lift' | 'erase' | 'cancelErasure',
  Action<unknown>
>
type Props = {
  overview: DataOverview
  slug: string
  name: string
  formats: Formats
  actions: TenantDataActions
}

/** Export, legal hold and erasure of all of a tenant's data. */
export function TenantData({
  overview: { exports, hold, erasure },
  slug,
  name,
  formats,
  actions,
}: Props) {
  const [lastExport] = exports
  const running = lastExport?.state === 'requested' || lastExport?.state === 'running'
  return (
    <Card labelledBy="data">
      <CardHeader id="data" title="Data" />
      <CardBody className="grid gap-4">
        <DataNotices hold={hold} erasure={erasure} name={name} formats={formats} />
        <DetailRows>
          <DetailRow name="Last export">
            {lastExport ? <LastExport last={lastExport} formats={formats} /> : 'none'}
          </DetailRow>
        </DetailRows>
        {running && <RefreshWhileRunning />}
        <div className="flex flex-wrap gap-2">
          <ReasonDialog
            action={actions.exportAll}
            hidden={{ slug }}
            size="small"
            opener="Export…"
            title={`Export everything of ${name}`}
            save="Export"
            done="The export is on its way."
          >
            A file with every row as of one moment. Owners and admins of {name} find it among their
            data; it is not handed to operators.
          </ReasonDialog>
          <HoldButton held={hold !== undefined} slug={slug} name={name} actions={actions} />
          {!erasure && !hold && <EraseDialog action={actions.erase} slug={slug} name={name} />}
          {erasure && !erasure.startedAt && (
            <ActionButton
              action={actions.cancelErasure}
              input={{ slug }}
              size="small"
              wraps
              done={`${name} stays.`}
            >
              Keep {name}
            </ActionButton>
          )}
        </div>
      </CardBody>
    </Card>
  )
}

function DataNotices({
  hold,
  erasure,
  name,
  formats,
}: Pick<DataOverview, 'hold' | 'erasure'> & { name: string; formats: Formats }) {
  return (
    <>
      {hold && (
        <Notice look="warn">
          On legal hold since {formatDateTime(hold.at, formats)}, by {hold.by}: {hold.reason}.
          Nothing of {name} is deleted.
        </Notice>
      )}
      {erasure && (
        <Notice look="danger">
          {erasure.startedAt
            ? `${name} is being erased.`
            : `${name} is erased on ${formatDateTime(erasure.dueAt, formats)}. Until then it can be kept.`}
        </Notice>
      )}
    </>
  )
}

function LastExport({
  last,
  formats,
}: {
  last: DataOverview['exports'][number]
  formats: Formats
}) {
  return (
    <>
      <RelativeTime at={last.requestedAt} formats={formats} />,{' '}
      {last.state === 'running'
        ? `${formatCount(last.rowsDone, formats)} of ${formatCount(last.rowsTotal, formats)} rows`
        : last.state}
    </>
  )
}

function HoldButton({
  held,
  slug,
  name,
  actions,
}: {
  held: boolean
  slug: string
  name: string
  actions: Pick<TenantDataActions, 'hold' | 'lift'>
}) {
  return held ? (
    <ReasonDialog
      action={actions.lift}
      hidden={{ slug }}
      size="small"
      opener="Lift the hold…"
      title={`Lift the legal hold of ${name}`}
      save="Lift the hold"
      done="The hold is lifted."
    >
      Retention and erasure go on from then.
    </ReasonDialog>
  ) : (
    <ReasonDialog
      action={actions.hold}
      hidden={{ slug }}
      size="small"
      opener="Legal hold…"
      title={`Put ${name} on legal hold`}
      save="Hold"
      done={`${name} is on hold.`}
    >
      Nothing of {name} is deleted, by retention or by erasure, until the hold is lifted. {name}{' '}
      sees that it stands.
    </ReasonDialog>
  )
}
