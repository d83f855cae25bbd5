import { ArrowRight, Check } from 'lucide-react'
import type { Route } from 'next'
import Link from 'next/link'
import type { Action } from '#app/_actions/action'
import { SubmitButton } from '#components/forms/fields'
import { TenantForm } from '#components/forms/tenant-form'
import { Street } from '#components/shell/street'
import { Card } from '#components/ui/card'
import type { ExistingData } from '#db/product/first-orders'

type ChecklistItem = { title: string; text: string; href: Route; done: boolean }

export function GettingStarted({
  has,
  mayWrite,
  addSampleData,
}: {
  has: ExistingData
  mayWrite: boolean
  addSampleData: Action<unknown>
}) {
  const steps: ChecklistItem[] = [
    {
      title: 'Add a product',
      text: 'Its name, your number for it and its price.',
      href: '/products',
      done: has.products,
    },
    {
      title: 'Add a customer',
      text: 'A name is enough to begin with.',
      href: '/customers',
      done: has.customers,
    },
    {
      title: 'Write the first order',
      text: 'By keyboard alone, if you like: Enter starts the next line.',
      href: '/orders/new',
      done: has.orders,
    },
    {
      title: 'See how your data is kept apart',
      text: 'Where your rows live, and what happens to those who try to read them.',
      href: '/isolation',
      done: false,
    },
  ]
  const empty = !has.products && !has.customers
  return (
    <>
      <Steps steps={steps} />
      {empty && mayWrite && <SampleData action={addSampleData} />}
    </>
  )
}

function Steps({ steps }: { steps: ChecklistItem[] }) {
  return (
    <Card className="overflow-hidden">
      <ol>
        {steps.map(({ title, text, href, done }, i) => (
          <li key={title} className="border-b border-line last:border-b-0">
            <Link
              href={href}
              className="group flex items-center gap-4 px-4 py-4 outline-offset-[-3px] hover:bg-sunken sm:px-5"
            >
              <span className="grid size-8 shrink-0 place-items-center rounded-full bg-accent-soft text-sm font-semibold text-accent">
                {done ? <Check aria-label="Done" className="size-4" /> : i + 1}
              </span>
              <span className="min-w-0 grow">
                <span className="block font-medium">{title}</span>
                <span className="block text-ink-soft">{text}</span>
              </span>
              <ArrowRight
                aria-hidden
                className="size-4 shrink-0 text-ink-faint transition-transform group-hover:translate-x-0.5"
              />
            </Link>
          </li>
        ))}
      </ol>
    </Card>
  )
}

function SampleData({ action }: { action: Action<unknown> }) {
  return (
    <Card className="grid overflow-hidden sm:grid-cols-[minmax(0,1fr)_14rem]">
      <TenantForm
        action={action}
        label="Sample data"
        className="grid content-center justify-items-start gap-3 p-5"
      >
        <h2 className="text-lg font-semibold tracking-tight">Look around first</h2>
        <p className="text-ink-soft">
          Fills this organisation with a smithy’s year: 12 products, 16 customers and 240 orders.
        </p>
        <SubmitButton look="secondary">Add sample data</SubmitButton>
      </TenantForm>
      <Street houses={5} className="h-full max-h-44 w-full self-end bg-sunken pt-6 max-sm:hidden" />
    </Card>
  )
}
