import { clsx } from 'clsx'
import type { ReactNode } from 'react'

const looks = {
  danger: 'bg-danger-soft text-danger',
  warn: 'bg-warn-soft text-warn',
  plain: 'bg-accent-soft text-accent',
}

/** A message about a whole form or page, announced when it appears. */
export function Notice({
  look = 'plain',
  children,
}: {
  look?: keyof typeof looks
  children: ReactNode
}) {
  return (
    <div
      tabIndex={-1}
      role={look === 'plain' ? 'status' : 'alert'}
      className={clsx('rounded-md px-3.5 py-2.5 text-base wrap-anywhere', looks[look])}
    >
      {children}
    </div>
  )
}
