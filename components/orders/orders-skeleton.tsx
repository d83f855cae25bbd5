import { MetricsSkeleton } from '#components/orders/metrics-skeleton'
import { Card } from '#components/ui/card'
import { Loading, Skeleton } from '#components/ui/skeleton'
import { TableSkeleton } from '#components/ui/table-skeleton'

/** The dashboard's boxes in their final size, so that nothing shifts. */
export function OrdersSkeleton() {
  return (
    <>
      <Loading what="orders" />
      <div className="flex h-9 items-center justify-between">
        <Skeleton className="h-7 w-24" />
        <Skeleton className="h-9 w-64 max-sm:w-36" />
      </div>
      <MetricsSkeleton />
      <div className="grid gap-5 xl:grid-cols-[minmax(0,1fr)_21rem]">
        <Card className="h-75 xl:h-[20.75rem] p-5">
          <Skeleton className="h-full w-full" />
        </Card>
        <Card className="h-75 xl:h-[20.75rem] p-5">
          <Skeleton className="h-full w-full" />
        </Card>
      </div>
      <TableSkeleton rows={25} />
    </>
  )
}
