import { clsx } from 'clsx'
import type { ReactNode } from 'react'

const tones = {
  plain: 'border-line-strong bg-raised',
  accent: 'border-transparent bg-accent-soft text-accent',
  warn: 'border-transparent bg-warn-soft text-warn',
}

export function Badge({
  children,
  tone = 'plain',
}: {
  children: ReactNode
  tone?: keyof typeof tones
}) {
  return (
    <span
      className={clsx(
        'inline-flex h-6 items-center rounded-full border px-2.5 text-sm font-medium whitespace-nowrap',
        tones[tone],
      )}
    >
      {children}
    </span>
  )
}
