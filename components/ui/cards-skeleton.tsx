import { clsx } from 'clsx'
import { Card } from '#components/ui/card'
import { Loading, Skeleton } from '#components/ui/skeleton'

/** Cards of the given heights, below each other. */
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

export function HeaderSkeleton({ about = false }: { about?: boolean }) {
  return (
    <div className="grid gap-2">
      <div className="flex h-9 items-center">
        <Skeleton className="h-7 w-40" />
      </div>
      {about && <Skeleton className="h-4 w-full max-w-prose" />}
    </div>
  )
}
