import type { ReactNode } from 'react'

export function Code({ children }: { children: ReactNode }) {
  return (
    <pre className="min-w-0 rounded-md border border-line bg-sunken px-3 py-2 font-mono text-xs wrap-anywhere whitespace-pre-wrap">
      {children}
    </pre>
  )
}
