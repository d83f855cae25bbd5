import { PageFrame } from '#components/page'
import { CardsSkeleton, HeaderSkeleton } from '#components/ui/cards-skeleton'

export default function LoadingData() {
  return (
    <PageFrame width="narrow">
      <HeaderSkeleton sections />
      <CardsSkeleton what="your data" heights={['h-29', 'h-[30.5rem]', 'h-61']} />
    </PageFrame>
  )
}
