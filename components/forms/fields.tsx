'use client'

import type { ComponentProps, ReactNode } from 'react'
import { useField, useForm } from '#components/forms/form-state'
import { Button } from '#components/ui/button'
import { Field, fieldAttributes, type FieldText } from '#components/ui/field'
import { Input, Select, Textarea } from '#components/ui/input'

type NamedField = FieldText & { name: string; value?: string | undefined }

export function TextField({
  name,
  label,
  hint,
  optional,
  value,
  ...rest
}: NamedField & Omit<ComponentProps<'input'>, 'name' | 'value'>) {
  return (
    <FormField {...{ name, label, hint, optional, value }}>
      {(attributes) => <Input {...attributes} {...rest} />}
    </FormField>
  )
}

export function TextareaField({
  name,
  label,
  hint,
  optional,
  value,
  ...rest
}: NamedField & Omit<ComponentProps<'textarea'>, 'name' | 'value'>) {
  return (
    <FormField {...{ name, label, hint, optional, value }}>
      {(attributes) => <Textarea {...attributes} {...rest} />}
    </FormField>
  )
}

export function SelectField({
  name,
  label,
  hint,
  value,
  children,
  ...rest
}: NamedField & Omit<ComponentProps<'select'>, 'name' | 'value'>) {
  return (
    <FormField {...{ name, label, hint, value }}>
      {(attributes) => (
        <Select key={attributes.defaultValue} {...attributes} {...rest}>
          {children}
        </Select>
      )}
    </FormField>
  )
}

type FieldAttributes = ReturnType<typeof fieldAttributes> & { name: string; defaultValue: string }

/** A labelled field of the surrounding form; its child renders the input with these attributes. */
function FormField({
  name,
  label,
  hint,
  optional,
  value = '',
  children,
}: NamedField & { children: (attributes: FieldAttributes) => ReactNode }) {
  const field = useField(name, value)
  return (
    <Field id={field.id} error={field.error} label={label} hint={hint} optional={optional}>
      {children({
        name,
        defaultValue: field.value,
        ...fieldAttributes(field.id, field.error, Boolean(hint)),
      })}
    </Field>
  )
}

/** The reason for an operator's action, recorded in the audit trail. */
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
