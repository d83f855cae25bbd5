import { Card } from '#components/ui/card'
import { Skeleton } from '#components/ui/skeleton'

export function MetricsSkeleton() {
  return (
    <Card className="grid h-[15.7rem] grid-cols-2 lg:h-29 lg:grid-cols-4">
      {[0, 1, 2, 3].map((box) => (
        <div key={box} className="grid content-center gap-2 px-4 sm:px-5">
          <Skeleton className="h-4 w-20" />
          <Skeleton className="h-7 w-28" />
          <Skeleton className="h-4 w-24" />
        </div>
      ))}
    </Card>
  )
}
