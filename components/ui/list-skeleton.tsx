import { PageFrame } from '#components/page'
import { Loading, Skeleton } from '#components/ui/skeleton'
import { TableSkeleton } from '#components/ui/table-skeleton'

export function ListSkeleton({ what }: { what: string }) {
  return (
    <PageFrame width="normal">
      <Loading what={what} />
      <div className="flex h-9 items-center justify-between">
        <Skeleton className="h-7 w-32" />
        <Skeleton className="h-9 w-36" />
      </div>
      <TableSkeleton rows={12} />
    </PageFrame>
  )
}
