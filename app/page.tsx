import { redirect } from 'next/navigation'
import { requireTenant } from '#app/_session/session'

export default async function Home() {
  await requireTenant()
  redirect('/orders')
}
