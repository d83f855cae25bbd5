import { PageFrame } from '#components/page'
import { CardsSkeleton, HeaderSkeleton } from '#components/ui/cards-skeleton'

export default function LoadingIsolation() {
  return (
    <PageFrame width="normal">
      <HeaderSkeleton lines={2} />
      <CardsSkeleton
        what="isolation"
        heights={['h-[41rem] sm:h-60', 'h-[97.75rem] sm:h-[69.25rem]']}
      />
    </PageFrame>
  )
}
