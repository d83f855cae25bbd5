import { clsx } from 'clsx'
import { Card } from '#components/ui/card'
import { Skeleton } from '#components/ui/skeleton'

const heights = { 12: 'h-[37rem]', 25: 'h-[110.5rem] sm:h-[81.5rem]' }

/** Row lines are one background image, which is smaller to send than an element per cell. */
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
