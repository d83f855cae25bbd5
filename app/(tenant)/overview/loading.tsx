import { ListSkeleton } from '#components/ui/list-skeleton'

export default function LoadingOverview() {
  return <ListSkeleton what="overview" />
}
