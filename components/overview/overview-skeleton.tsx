import { MetricsSkeleton } from '#components/orders/metrics-skeleton'
import { PageFrame } from '#components/page'
import { Card } from '#components/ui/card'
import { Loading, Skeleton } from '#components/ui/skeleton'

/** The overview's boxes in their final size, so that nothing shifts. */
export function OverviewSkeleton() {
  return (
    <PageFrame width="normal">
      <Loading what="overview" />
      <div className="flex h-9 items-center justify-between">
        <Skeleton className="h-7 w-40" />
        <Skeleton className="h-9 w-32" />
      </div>
      <div className="grid gap-2">
        <Skeleton className="h-5 w-60" />
        <MetricsSkeleton />
      </div>
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <Card className="h-[27.5rem] p-5">
          <Skeleton className="h-5 w-32" />
        </Card>
        <Card className="h-[27.5rem] p-5">
          <Skeleton className="h-5 w-32" />
        </Card>
      </div>
    </PageFrame>
  )
}
