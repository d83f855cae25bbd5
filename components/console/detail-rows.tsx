import type { ReactNode } from 'react'

/** Names and values in two columns. */
export function DetailRows({ children }: { children: ReactNode }) {
  return <dl className="grid divide-y divide-line">{children}</dl>
}

export function DetailRow({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex items-baseline justify-between gap-4 py-2 first:pt-0 last:pb-0">
      <dt className="shrink-0 text-sm text-ink-faint">{name}</dt>
      <dd className="min-w-0 text-right break-words tabular-nums">{children}</dd>
    </div>
  )
}
