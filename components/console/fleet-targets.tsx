import { FleetStateLabel } from '#components/console/fleet-state-label'
import { formatCount, type Formats } from '#components/formats'
import { Card } from '#components/ui/card'
import type { HrefBuilder } from '#components/ui/href-builder'
import { Table, Td, Th, Tr } from '#components/ui/table'
import { Tabs } from '#components/ui/tabs'
import type { TargetStatus } from '@rowhouse/tenancy/migrations'

const shown = 200

type Props = {
  targets: TargetStatus[]
  total: number
  onlyOutdated: boolean
  link: HrefBuilder
  formats: Formats
}

export function FleetTargets({ targets, total, onlyOutdated, link, formats }: Props) {
  return (
    <Card>
      <Tabs
        label="Which targets"
        tabs={[
          {
            name: `All ${formatCount(total, formats)}`,
            href: link({ show: null }),
            current: !onlyOutdated,
          },
          { name: 'Not at this version', href: link({ show: 'off' }), current: onlyOutdated },
        ]}
      />
      {targets.length === 0 ? (
        <p className="px-4 py-6 text-ink-soft sm:px-5">Every target is at this build’s version.</p>
      ) : (
        <Table>
          <caption className="sr-only">Targets</caption>
          <thead>
            <tr>
              <Th className="w-1/3">Target</Th>
              <Th>State</Th>
              <Th className="max-sm:hidden">Version</Th>
              <Th className="max-md:hidden">Where</Th>
            </tr>
          </thead>
          <tbody>
            {targets.slice(0, shown).map(({ name, schema, state, at, why, dedicatedDatabase }) => (
              <Tr key={`${name}${schema}`}>
                <Td className="font-medium wrap-anywhere">{name}</Td>
                <Td>
                  <FleetStateLabel state={state} />
                  {why && <span className="block text-sm wrap-anywhere text-ink-soft">{why}</span>}
                </Td>
                <Td className="font-mono text-sm max-sm:hidden">{at ?? '–'}</Td>
                <Td className="text-ink-soft max-md:hidden">
                  {dedicatedDatabase ? 'Own database' : 'Main database'}
                </Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
      {targets.length > shown && (
        <p className="border-t border-line px-4 py-3 text-sm text-ink-soft sm:px-5">
          The first {formatCount(shown, formats)} of {formatCount(targets.length, formats)}.
        </p>
      )}
    </Card>
  )
}
