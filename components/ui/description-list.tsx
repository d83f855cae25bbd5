import type { ReactNode } from 'react'

/** Names, each with its value below. */
export function DescriptionList({ children }: { children: ReactNode }) {
  return <dl className="grid gap-3">{children}</dl>
}

export function DescriptionItem({ name, children }: { name: string; children: ReactNode }) {
  if (!children) return null
  return (
    <div>
      <dt className="text-sm text-ink-faint">{name}</dt>
      <dd className="wrap-anywhere whitespace-pre-wrap">{children}</dd>
    </div>
  )
}
