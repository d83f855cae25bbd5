import { Card } from '#components/ui/card'
import { Skeleton } from '#components/ui/skeleton'

export function TableSkeleton({ rows }: { rows: number }) {
  return (
    <Card>
      <div className="flex h-16 items-center px-5">
        <Skeleton className="h-9 w-72 max-w-full" />
      </div>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="flex h-11 items-center justify-between gap-6 border-t border-line px-5">
          <Skeleton className="h-4 w-16" />
          <Skeleton className="h-4 w-40 max-sm:hidden" />
          <Skeleton className="h-4 w-24" />
        </div>
      ))}
    </Card>
  )
}
