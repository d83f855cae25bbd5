import { PageFrame } from '#components/page'
import { CardsSkeleton, HeaderSkeleton } from '#components/ui/cards-skeleton'

export default function LoadingSettings() {
  return (
    <PageFrame width="narrow">
      <HeaderSkeleton sections />
      <CardsSkeleton what="settings" heights={['h-[31rem] sm:h-96']} />
    </PageFrame>
  )
}
