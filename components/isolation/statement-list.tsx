import { Card, CardBody, CardHeader } from '#components/ui/card'
import { Code } from '#components/ui/code'
import type { Statement } from '@rowhouse/tenancy'

export function StatementList({ statements }: { statements: Statement[] }) {
  return (
    <Card labelledBy="statements">
      <CardHeader id="statements" title="What this page has just asked" />
      <CardBody>
        <p className="mb-3 max-w-prose text-pretty text-ink-soft">
          One short tenant transaction. The last statement is the list of orders: it names the
          tenant itself, and the policy names it again. Values travel apart from the text and are
          not shown.
        </p>
        <ol className="grid gap-2">
          {statements.map(({ text, values = [] }, i) => (
            <li key={i}>
              <Code>
                {dedent(text)}
                {values.length > 0 && (
                  <span className="text-ink-faint">{`\n-- with ${values.length} ${values.length === 1 ? 'value' : 'values'}`}</span>
                )}
              </Code>
            </li>
          ))}
        </ol>
      </CardBody>
    </Card>
  )
}

/** Removes the indentation of the source. */
function dedent(text: string) {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const margin = Math.min(...lines.map((line) => line.length - line.trimStart().length))
  return lines.map((line) => line.slice(margin)).join('\n')
}
