import { ListSkeleton } from '#components/ui/list-skeleton'

export default function LoadingActivity() {
  return <ListSkeleton what="activity" />
}
