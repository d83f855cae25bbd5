import { PageFrame } from '#components/page'
import { CardsSkeleton, HeaderSkeleton } from '#components/ui/cards-skeleton'

export default function LoadingData() {
  return (
    <PageFrame width="narrow">
      <HeaderSkeleton />
      <CardsSkeleton what="your data" heights={['h-64', 'h-96']} />
    </PageFrame>
  )
}
