import type { ReactNode } from 'react'

export function AuthHeading({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="grid gap-2">
      <h1 className="text-2xl font-semibold tracking-tight break-words">{title}</h1>
      <p className="text-ink-soft text-pretty">{children}</p>
    </div>
  )
}
