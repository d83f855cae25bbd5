'use client'

import type { Action } from '#app/_actions/action'
import { SubmitButton } from '#components/forms/fields'
import { useField } from '#components/forms/form-state'
import { TenantForm } from '#components/forms/tenant-form'
import { fieldAttributes } from '#components/ui/field'
import { Input } from '#components/ui/input'

/** The days after which a table's rows are deleted; empty keeps them forever. */
export function RetentionDaysForm({
  table,
  name,
  days,
  action,
}: {
  table: string
  name: string
  days: number | null
  action: Action<unknown>
}) {
  return (
    <TenantForm
      action={action}
      hidden={{ table }}
      label={`Days to keep ${name.toLowerCase()}`}
      done={`${name}: saved.`}
      className="flex flex-wrap items-center gap-2"
    >
      <Days name={name} days={days} />
      <SubmitButton look="secondary">Save</SubmitButton>
    </TenantForm>
  )
}

function Days({ name, days }: { name: string; days: number | null }) {
  const field = useField('days', days === null ? '' : String(days))
  return (
    <label className="flex items-center gap-2 text-sm text-ink-soft">
      <span className="sr-only">Days to keep {name.toLowerCase()}</span>
      <span className="w-22 sm:w-28">
        <Input
          name="days"
          inputMode="numeric"
          placeholder="for ever"
          defaultValue={field.value}
          {...fieldAttributes(field.id, undefined, false)}
          aria-invalid={field.error ? true : undefined}
        />
      </span>
      days
    </label>
  )
}
