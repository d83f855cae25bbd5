import { clsx } from 'clsx'

/** A placeholder with the size of the content. */
export function Skeleton({ className }: { className: string }) {
  return <div aria-hidden className={clsx('breathe rounded-sm bg-line', className)} />
}

export function Loading({ what }: { what: string }) {
  return (
    <p role="status" className="sr-only">
      Loading {what}…
    </p>
  )
}
