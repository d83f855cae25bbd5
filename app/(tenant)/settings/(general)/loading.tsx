import { PageFrame } from '#components/page'
import { CardsSkeleton, HeaderSkeleton } from '#components/ui/cards-skeleton'

export default function LoadingSettings() {
  return (
    <PageFrame width="narrow">
      <HeaderSkeleton />
      <CardsSkeleton what="settings" heights={['h-[30rem]']} />
    </PageFrame>
  )
}
