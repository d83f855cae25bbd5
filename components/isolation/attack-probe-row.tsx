import { clsx } from 'clsx'
import { ShieldAlert, ShieldCheck } from 'lucide-react'
import { Button } from '#components/ui/button'
import { Code } from '#components/ui/code'
import type { Outcome } from '#db/product/attack-probes'

export type AttackProbe = { name: string; title: string; idea: string }
type Props = {
  attempt: AttackProbe
  outcome: Outcome | undefined
  running: boolean
  disabled: boolean
  onTry: () => void
}

export function AttackProbeRow({ attempt, outcome, running, disabled, onTry }: Props) {
  return (
    <li className="grid grid-cols-[minmax(0,1fr)] gap-3 border-t border-line px-4 py-4 sm:px-5">
      <div className="flex items-start justify-between gap-4">
        <div>
          <h3 className="font-medium">{attempt.title}</h3>
          <p className="text-ink-soft">{attempt.idea}</p>
        </div>
        <Button size="small" disabled={disabled} onClick={onTry} className="-my-1">
          {running ? 'Trying…' : outcome ? 'Again' : 'Try it'}
          <span className="sr-only">: {attempt.title}</span>
        </Button>
      </div>
      {outcome && <Answer outcome={outcome} />}
    </li>
  )
}

function Answer({ outcome }: { outcome: Outcome }) {
  const held = outcome.others === 0
  const Shield = held ? ShieldCheck : ShieldAlert
  return (
    <div className="enter grid grid-cols-[minmax(0,1fr)] gap-2">
      <Code>{outcome.sql}</Code>
      <Code>{outcome.answer}</Code>
      <p
        role="status"
        className={clsx(
          'flex items-center gap-2 text-sm font-medium',
          held ? 'text-accent' : 'text-danger',
        )}
      >
        <Shield aria-hidden className="size-4" />
        {outcome.refused
          ? 'Refused. '
          : outcome.own > 0
            ? `${outcome.own} rows, all of them yours. `
            : 'It ran, and found nothing. '}
        Rows of others: {outcome.others}
      </p>
    </div>
  )
}
