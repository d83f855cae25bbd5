import { clsx } from 'clsx'
import { Card } from '#components/ui/card'
import { Skeleton } from '#components/ui/skeleton'

const heights = { 12: 'h-[37rem]', 25: 'h-[110.5rem] sm:h-[81.5rem]' }

/**
 * The lines between rows are one background: a page that is drawn twice must not carry boxes for
 * each cell.
 */
export function TableSkeleton({ rows }: { rows: keyof typeof heights }) {
  return (
    <Card className={clsx('overflow-hidden', heights[rows])}>
      <div className="flex h-16 items-center px-5">
        <Skeleton className="h-9 w-72 max-w-full" />
      </div>
      <div aria-hidden className="skeleton-rows h-full border-t border-line" />
    </Card>
  )
}
