import { clsx } from 'clsx'

/** A box of the size of what will stand there. */
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
