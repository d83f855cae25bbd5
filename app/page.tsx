import { redirect } from 'next/navigation'
import { requireTenant } from '#app/session'

export default async function Home() {
  await requireTenant()
  redirect('/orders')
}
