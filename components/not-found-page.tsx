import { Street } from '#components/shell/street'
import { ButtonLink } from '#components/ui/button'

/** Other tenants' pages look the same as missing ones, so that nobody learns which ids exist. */
export function NotFoundPage() {
  return (
    <div className="mx-auto grid max-w-md justify-items-center gap-3 px-6 py-16 text-center sm:py-24">
      <Street houses={5} className="mb-4 h-24 w-40" />
      <h1 className="text-xl font-semibold tracking-tight">Nobody lives here</h1>
      <p className="text-ink-soft">There is no such page, or it is not in this organisation.</p>
      <ButtonLink href="/orders" look="primary" className="mt-2">
        Go to the orders
      </ButtonLink>
    </div>
  )
}
