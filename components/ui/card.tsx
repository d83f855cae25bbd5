import { clsx } from 'clsx'
import type { ReactNode } from 'react'

export function Card({
  className,
  children,
  labelledBy,
}: {
  className?: string
  children: ReactNode
  labelledBy?: string
}) {
  const Tag = labelledBy ? 'section' : 'div'
  return (
    <Tag
      aria-labelledby={labelledBy}
      className={clsx('card min-w-0 rounded-lg border border-line bg-panel', className)}
    >
      {children}
    </Tag>
  )
}

export function CardHeader({
  id,
  title,
  children,
}: {
  id?: string
  title: string
  children?: ReactNode
}) {
  return (
    <header className="flex min-h-12 flex-wrap items-center justify-between gap-x-4 gap-y-1 px-4 pt-2.5 pb-1.5 sm:px-5">
      <h2 id={id} className="text-base font-semibold tracking-tight">
        {title}
      </h2>
      {children}
    </header>
  )
}

export function CardBody({ className, children }: { className?: string; children: ReactNode }) {
  return <div className={clsx('px-4 pb-4 sm:px-5 sm:pb-5', className)}>{children}</div>
}
