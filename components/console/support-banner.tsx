'use client'

import { LifeBuoy } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useEffect, useState } from 'react'
import type { Action } from '#app/_actions/action'
import { ReasonDialog } from '#components/console/reason-dialog'
import { ActionButton } from '#components/forms/action-button'

type Props = {
  name: string
  reason: string
  writes: boolean
  until: string
  actions: { write: Action<unknown>; end: Action<unknown> }
}

/** Shown above every page while an operator has support access to the tenant. */
export function SupportBanner({ name, reason, writes, until, actions }: Props) {
  const router = useRouter()
  const [left, setLeft] = useState<number | null>(null)
  useEffect(() => {
    const update = () => {
      const ms = Date.parse(until) - Date.now()
      setLeft(Math.max(0, Math.ceil(ms / 60_000)))
      if (ms <= 0) router.refresh()
    }
    update()
    const timer = setInterval(update, 5000)
    return () => clearInterval(timer)
  }, [until, router])
  return (
    <aside
      aria-label="Support access"
      className="sticky top-0 z-30 flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line-strong bg-warn-soft px-4 py-2 sm:px-6"
    >
      <p className="flex min-w-0 grow items-center gap-2 text-warn">
        <LifeBuoy aria-hidden className="size-4 shrink-0" />
        <span className="min-w-0">
          <strong>You are in {name} as support</strong>, {writes ? 'and may write' : 'read-only'}:{' '}
          {reason}
          {left !== null && ` · ${left} min left`}
        </span>
      </p>
      {!writes && (
        <ReasonDialog
          action={actions.write}
          hidden={{}}
          opener="Allow writing…"
          title={`Write in ${name}`}
          save="Allow writing"
          look="danger"
          done="You may write now."
        >
          You may do what a member may. Each of your transactions is told to {name}.
        </ReasonDialog>
      )}
      <ActionButton action={actions.end} input={{}} done="You have left.">
        Leave
      </ActionButton>
    </aside>
  )
}
