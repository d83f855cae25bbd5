import { State, type Tone } from '#components/console/marks'
import { Tabs } from '#components/console/tabs'
import { Card } from '#components/ui/card'
import type { Link } from '#components/ui/link-maker'
import { Table, Td, Th, Tr } from '#components/ui/table'
import type { Standing, State as FleetState } from '#db/fleet/status'

const tones: Record<FleetState, Tone> = { current: 'good', behind: 'warn', failed: 'bad', changed: 'bad', ahead: 'bad', unseen: 'plain', unreachable: 'bad' }
const shown = 200

export function FleetTargets({ targets, total, off, link }: { targets: Standing[]; total: number; off: boolean; link: Link }) {
  return (
    <Card>
      <Tabs label="Which targets" tabs={[{ name: `All ${total}`, href: link({ show: null }), current: !off }, { name: 'Not at this version', href: link({ show: 'off' }), current: off }]} />
      {targets.length === 0 ? (
        <p className="px-4 py-6 text-ink-soft sm:px-5">Every target is at this build’s version.</p>
      ) : (
        <Table>
          <caption className="sr-only">Targets</caption>
          <thead>
            <tr>
              <Th>Target</Th>
              <Th>State</Th>
              <Th className="max-sm:hidden">Version</Th>
              <Th className="max-md:hidden">Where</Th>
            </tr>
          </thead>
          <tbody>
            {targets.slice(0, shown).map(({ name, schema, state, at, why, elsewhere }) => (
              <Tr key={`${name}${schema}`}>
                <Td className="font-medium wrap-anywhere">{name}</Td>
                <Td>
                  <State tone={tones[state]}>{state}</State>
                  {why && <span className="block text-sm text-ink-soft">{why}</span>}
                </Td>
                <Td className="font-mono text-sm max-sm:hidden">{at ?? '–'}</Td>
                <Td className="text-ink-soft max-md:hidden">{elsewhere ? 'a database of its own' : 'main database'}</Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
      {targets.length > shown && <p className="border-t border-line px-4 py-3 text-sm text-ink-soft sm:px-5">The first {shown} of {targets.length}.</p>}
    </Card>
  )
}
