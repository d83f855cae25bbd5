import { ListSkeleton } from '#components/ui/list-skeleton'

export default function LoadingProducts() {
  return <ListSkeleton what="products" />
}
