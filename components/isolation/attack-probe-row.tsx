import { clsx } from 'clsx'
import { ShieldAlert, ShieldCheck } from 'lucide-react'
import { Button } from '#components/ui/button'
import { Code } from '#components/ui/code'
import type { AttackProbe, ProbeResult } from '#db/product/attack-probes'

export type ProbeSummary = Pick<AttackProbe, 'name' | 'title' | 'idea'>
type Props = {
  probe: ProbeSummary
  result: ProbeResult | undefined
  running: boolean
  disabled: boolean
  onTry: () => void
}

export function AttackProbeRow({ probe, result, running, disabled, onTry }: Props) {
  const again = result ? 'Again' : 'Try it'
  return (
    <li className="grid grid-cols-[minmax(0,1fr)] gap-3 border-t border-line px-4 py-4 sm:px-5">
      <div className="flex items-start justify-between gap-4">
        <div>
          <h3 className="font-medium">{probe.title}</h3>
          <p className="text-ink-soft">{probe.idea}</p>
        </div>
        <Button size="small" disabled={disabled} onClick={onTry} className="-my-1">
          {running ? 'Trying…' : again}
          <span className="sr-only">: {probe.title}</span>
        </Button>
      </div>
      {result && <ProbeAnswer result={result} />}
    </li>
  )
}

function ProbeAnswer({ result }: { result: ProbeResult }) {
  const isolated = result.others === 0
  const Shield = isolated ? ShieldCheck : ShieldAlert
  return (
    <div className="enter grid grid-cols-[minmax(0,1fr)] gap-2">
      <Code>{result.sql}</Code>
      <Code>{result.answer}</Code>
      <p
        role="status"
        className={clsx(
          'flex items-center gap-2 text-sm font-medium',
          isolated ? 'text-accent' : 'text-danger',
        )}
      >
        <Shield aria-hidden className="size-4" />
        {result.refused
          ? 'Refused. '
          : result.own > 0
            ? `${result.own} rows, all of them yours. `
            : 'It ran, and found nothing. '}
        Rows of others: {result.others}
      </p>
    </div>
  )
}
