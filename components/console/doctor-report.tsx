import { RelativeTime, formatDuration } from '#components/console/format-time'
import { StateLabel } from '#components/console/labels'
import { formatCount, type Formats } from '#components/formats'
import { Card, CardHeader } from '#components/ui/card'
import { Table, Td, Th, Tr } from '#components/ui/table'
import type { CheckRun } from '@rowhouse/tenancy/checks'

type Props = {
  id: string
  title: string
  checks: string[]
  last: CheckRun | null
  formats: Formats
}

/** Each check, with the violations and notes of its last run. */
export function DoctorReport({ id, title, checks, last, formats }: Props) {
  return (
    <Card labelledBy={id}>
      <CardHeader id={id} title={title}>
        <span className="text-sm text-ink-soft">
          {last ? (
            <>
              {formatCount(last.targets, formats)} {last.targets === 1 ? 'target' : 'targets'},{' '}
              <RelativeTime at={last.at} formats={formats} /> by {last.by}, in{' '}
              {formatDuration(last.tookMs)}
            </>
          ) : (
            'Nobody has looked yet'
          )}
        </span>
      </CardHeader>
      <Table>
        <caption className="sr-only">{title}</caption>
        <thead>
          <tr>
            <Th className="w-1/2 sm:w-1/3">Check</Th>
            <Th>Found</Th>
          </tr>
        </thead>
        <tbody>
          {checks.map((check) => (
            <Tr key={check}>
              <Td className="py-2.75 align-top font-medium">{check.replaceAll('-', ' ')}</Td>
              <Td className="py-2.75 align-top">
                <CheckResult check={check} last={last} formats={formats} />
              </Td>
            </Tr>
          ))}
        </tbody>
      </Table>
    </Card>
  )
}

function CheckResult({
  check,
  last,
  formats,
}: Pick<Props, 'last' | 'formats'> & { check: string }) {
  if (!last) return <StateLabel tone="plain">Not looked at</StateLabel>
  const violations = last.violations.filter((violation) => violation.check === check)
  const notes = last.notes.filter((note) => note.check === check)
  return (
    <div className="grid gap-1.5">
      {violations.length === 0 && (
        <StateLabel tone="good">
          {last.targets === 1 ? 'Holds' : `Holds in all ${formatCount(last.targets, formats)}`}
        </StateLabel>
      )}
      <FoundList found={violations} objectClass="text-danger" />
      <FoundList found={notes} objectClass="text-ink" />
    </div>
  )
}

/** Violations, or what the profile of a database accepts. */
function FoundList({ found, objectClass }: { found: CheckRun['violations']; objectClass: string }) {
  if (found.length === 0) return null
  return (
    <ul className="grid gap-1.5">
      {found.map(({ target, object, why }) => (
        <li key={`${target}${object}${why}`} className="wrap-anywhere">
          <span className={objectClass}>{object}</span> <span className="text-ink-soft">{why}</span>{' '}
          <span className="text-sm text-ink-faint">in {target}</span>
        </li>
      ))}
    </ul>
  )
}
