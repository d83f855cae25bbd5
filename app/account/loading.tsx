import { CardsSkeleton } from '#components/ui/cards-skeleton'

export default function LoadingAccount() {
  return <CardsSkeleton what="your account" heights={['h-52', 'h-75']} />
}
