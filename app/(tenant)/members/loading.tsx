import { PageFrame } from '#components/page'
import { CardsSkeleton, HeaderSkeleton } from '#components/ui/cards-skeleton'

export default function LoadingMembers() {
  return (
    <PageFrame width="normal">
      <HeaderSkeleton about />
      <CardsSkeleton what="members" heights={['h-52', 'h-64']} />
    </PageFrame>
  )
}
