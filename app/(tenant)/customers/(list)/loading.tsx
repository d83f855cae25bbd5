import { ListSkeleton } from '#components/ui/list-skeleton'

export default function LoadingCustomers() {
  return <ListSkeleton what="customers" />
}
