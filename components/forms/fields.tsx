'use client'

import type { ComponentProps } from 'react'
import { useField, useForm } from '#components/forms/form-state'
import { Button } from '#components/ui/button'
import { Field, fieldAttributes, type FieldText } from '#components/ui/field'
import { Input, Select, Textarea } from '#components/ui/input'

type Named = FieldText & { name: string; value?: string }

export function TextField({
  name,
  label,
  hint,
  optional,
  value = '',
  ...rest
}: Named & Omit<ComponentProps<'input'>, 'name' | 'value'>) {
  const field = useField(name, value)
  return (
    <Field
      id={field.id}
      error={field.error}
      label={label}
      {...(hint && { hint })}
      {...(optional && { optional })}
    >
      <Input
        name={name}
        defaultValue={field.value}
        {...fieldAttributes(field.id, field.error, Boolean(hint))}
        {...rest}
      />
    </Field>
  )
}

export function TextareaField({
  name,
  label,
  hint,
  optional,
  value = '',
  ...rest
}: Named & Omit<ComponentProps<'textarea'>, 'name' | 'value'>) {
  const field = useField(name, value)
  return (
    <Field
      id={field.id}
      error={field.error}
      label={label}
      {...(hint && { hint })}
      {...(optional && { optional })}
    >
      <Textarea
        name={name}
        defaultValue={field.value}
        {...fieldAttributes(field.id, field.error, Boolean(hint))}
        {...rest}
      />
    </Field>
  )
}

export function SelectField({
  name,
  label,
  hint,
  value = '',
  children,
  ...rest
}: Named & Omit<ComponentProps<'select'>, 'name' | 'value'>) {
  const field = useField(name, value)
  return (
    <Field id={field.id} error={field.error} label={label} {...(hint && { hint })}>
      <Select
        key={field.value}
        name={name}
        defaultValue={field.value}
        {...fieldAttributes(field.id, field.error, Boolean(hint))}
        {...rest}
      >
        {children}
      </Select>
    </Field>
  )
}

/** The reason of an operator's action, as the audit trail keeps it. */
export function ReasonField({ hint = 'Kept in the audit trail.' }: { hint?: string }) {
  return <TextareaField name="reason" label="Reason" hint={hint} rows={2} maxLength={500} />
}

export function SubmitButton({
  children,
  look = 'primary',
  ...rest
}: ComponentProps<typeof Button>) {
  const { pending } = useForm()
  return (
    <Button type="submit" look={look} disabled={pending} {...rest}>
      {children}
    </Button>
  )
}
