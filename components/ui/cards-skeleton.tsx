import { clsx } from 'clsx'
import { Card } from '#components/ui/card'
import { Loading, Skeleton } from '#components/ui/skeleton'

/** A column of cards with these heights. */
export function CardsSkeleton({ what, heights }: { what: string; heights: string[] }) {
  return (
    <>
      <Loading what={what} />
      {heights.map((height) => (
        <Card key={height} className={clsx('grid content-start gap-4 p-5', height)}>
          <Skeleton className="h-5 w-40" />
          <Skeleton className="h-4 w-full max-w-md" />
        </Card>
      ))}
    </>
  )
}

/** A page's title, with lines of text or a section navigation below. */
export function HeaderSkeleton({
  lines = 0,
  sections = false,
}: {
  lines?: 0 | 1 | 2
  sections?: boolean
}) {
  return (
    <>
      <div
        className={clsx(
          'grid gap-2',
          ['h-9 content-center', 'h-14 content-start', 'h-19 content-start'][lines],
        )}
      >
        <Skeleton className="h-7 w-40" />
        {lines > 0 && <Skeleton className="h-4 w-full max-w-prose" />}
      </div>
      {sections && <div className="-mb-1 h-10 border-b border-line" />}
    </>
  )
}
