import { CalendarDays, Check, ChevronDown } from 'lucide-react'
import type { HrefBuilder } from '#components/ui/href-builder'
import Form from 'next/form'
import Link from 'next/link'
import type { Period } from '#db/product/period'
import { formatCalendarDate, type Formats } from '#components/formats'
import { Button, button } from '#components/ui/button'
import { Field } from '#components/ui/field'
import { HiddenInputs } from '#components/ui/hidden-inputs'
import { Input } from '#components/ui/input'
import { Popover } from '#components/ui/popover'

const names = {
  '7d': 'Last 7 days',
  '30d': 'Last 30 days',
  '90d': 'Last 90 days',
  '12m': 'Last 12 months',
}

type Props = { period: Period; formats: Formats; link: HrefBuilder; keep: [string, string][] }

export function PeriodChoice({ period, formats, link, keep }: Props) {
  const name =
    period.name === 'custom'
      ? `${formatCalendarDate(period.first, formats)} – ${formatCalendarDate(period.last, formats)}`
      : names[period.name]
  return (
    <Popover
      side="end"
      buttonClassName={button({})}
      label={
        <>
          <CalendarDays aria-hidden className="text-ink-faint" />
          {name}
          <ChevronDown aria-hidden className="text-ink-faint" />
        </>
      }
    >
      <ul className="grid p-1">
        {Object.entries(names).map(([key, label]) => (
          <li key={key}>
            <Link
              href={link({ period: key, from: null, to: null })}
              scroll={false}
              prefetch={false}
              aria-current={period.name === key ? 'true' : undefined}
              className="flex h-9 items-center justify-between gap-6 rounded-md px-2.5 text-sm hover:bg-sunken"
            >
              {label}
              {period.name === key && <Check aria-hidden className="size-4 text-accent" />}
            </Link>
          </li>
        ))}
      </ul>
      <Form action="/orders" scroll={false} className="grid gap-3 border-t border-line p-3">
        <HiddenInputs pairs={keep} />
        <div className="grid grid-cols-2 gap-2">
          <Field id="from" label="From">
            <Input id="from" name="from" type="date" defaultValue={period.first} />
          </Field>
          <Field id="to" label="To">
            <Input id="to" name="to" type="date" defaultValue={period.last} />
          </Field>
        </div>
        <Button type="submit">Show these days</Button>
      </Form>
    </Popover>
  )
}
