import { PageFrame } from '#components/page'
import { CardsSkeleton, HeaderSkeleton } from '#components/ui/cards-skeleton'

export default function LoadingMembers() {
  return (
    <PageFrame width="normal">
      <HeaderSkeleton lines={1} />
      <CardsSkeleton what="members" heights={['h-54', 'h-46']} />
    </PageFrame>
  )
}
