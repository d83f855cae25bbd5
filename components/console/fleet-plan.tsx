import { TriangleAlert } from 'lucide-react'
import { formatCount, type Formats } from '#components/formats'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { Notice } from '#components/ui/notice'
import type { PlannedFile } from '@rowhouse/tenancy/migrations'

/** The migrations that the next run would apply, with the locks that their statements take. */
export function FleetPlan({
  plan,
  formats,
}: {
  plan: { files: PlannedFile[] } | { error: string }
  formats: Formats
}) {
  if ('error' in plan) return <Notice look="danger">A run would be refused: {plan.error}</Notice>
  if (plan.files.length === 0) return null
  return (
    <Card labelledBy="plan">
      <CardHeader id="plan" title="Plan of the next run" />
      <CardBody className="grid gap-4">
        {plan.files.map(({ migration, targets, statements, breaking }) => (
          <details key={migration} open={statements.some(({ warning }) => warning !== null)}>
            <summary className="cursor-pointer">
              <span className="font-mono text-sm">{migration}</span>{' '}
              <span className="text-ink-soft">
                for {formatCount(targets.length, formats)}{' '}
                {targets.length === 1 ? 'target' : 'targets'}, {statements.length} statements
              </span>
              {breaking && <span className="text-warn"> · breaking: {breaking}</span>}
            </summary>
            <ul className="mt-2 grid gap-2">
              {statements.map(({ text, touches, warning, safer }) => (
                <li key={text} className="rounded-md border border-line bg-sunken p-3">
                  <code className="block font-mono text-xs break-words">{text}</code>
                  <p className="mt-1 text-sm text-ink-soft">
                    {touches
                      .map(({ table, lock }) => `${lock}${table ? ` on ${table}` : ''}`)
                      .join(', ') || 'no locks'}
                  </p>
                  {warning && (
                    <p className="mt-1 flex gap-1.5 text-sm text-warn">
                      <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
                      {warning}
                      {safer ? `. Safer: ${safer}` : ''}
                    </p>
                  )}
                </li>
              ))}
            </ul>
          </details>
        ))}
      </CardBody>
    </Card>
  )
}
