import { PageFrame } from '#components/page'
import { CardsSkeleton, HeaderSkeleton } from '#components/ui/cards-skeleton'

export default function LoadingIsolation() {
  return (
    <PageFrame width="normal">
      <HeaderSkeleton about />
      <CardsSkeleton what="isolation" heights={['h-56', 'h-[60rem]']} />
    </PageFrame>
  )
}
