'use client'

import type { ReactNode } from 'react'
import type { Action } from '#app/_actions/action'
import { SelectField, SubmitButton, TextField } from '#components/forms/fields'
import { TenantForm } from '#components/forms/tenant-form'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { Notice } from '#components/ui/notice'

export type Choice = { code: string; text: string }

type Props = {
  tenant: { name: string; slug: string; currency: string; locale: string }
  currencies: Choice[]
  locales: Choice[]
  action: Action<unknown> | null
  currencyFixed: boolean
}

export function GeneralSettings({ tenant, currencies, locales, action, currencyFixed }: Props) {
  const locked = action === null
  return (
    <Card labelledBy="general">
      <CardHeader id="general" title="Organisation" />
      <CardBody>
        {action === null && (
          <div className="mb-4">
            <Notice>Owners and admins change these.</Notice>
          </div>
        )}
        <MaybeForm action={action}>
          <TextField
            name="name"
            label="Name"
            value={tenant.name}
            maxLength={80}
            disabled={locked}
          />
          <TextField
            name="slug"
            label="Slug"
            value={tenant.slug}
            maxLength={63}
            disabled={locked}
            hint="Letters a to z, digits and hyphens; unique among all organisations."
            autoCapitalize="none"
            spellCheck={false}
          />
          <FormatFields
            tenant={tenant}
            currencies={currencies}
            locales={locales}
            currencyFixed={currencyFixed}
            locked={locked}
          />
          {!locked && <SubmitButton className="justify-self-start">Save</SubmitButton>}
        </MaybeForm>
      </CardBody>
    </Card>
  )
}

function FormatFields({
  tenant,
  currencies,
  locales,
  currencyFixed,
  locked,
}: Omit<Props, 'action'> & { locked: boolean }) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <SelectField
        name="currency"
        label="Currency"
        value={tenant.currency}
        disabled={locked}
        className="w-full"
        hint={
          currencyFixed ? 'Fixed, since there are orders in it.' : 'Fixed from the first order on.'
        }
      >
        <ChoiceOptions
          choices={currencies.filter(({ code }) => !currencyFixed || code === tenant.currency)}
        />
      </SelectField>
      <SelectField
        name="locale"
        label="Dates and numbers"
        value={tenant.locale}
        disabled={locked}
        className="w-full"
        hint="How numbers and dates are shown to everybody here."
      >
        <ChoiceOptions choices={locales} />
      </SelectField>
    </div>
  )
}

function ChoiceOptions({ choices }: { choices: Choice[] }) {
  return choices.map(({ code, text }) => (
    <option key={code} value={code}>
      {text}
    </option>
  ))
}

function MaybeForm({ action, children }: { action: Action<unknown> | null; children: ReactNode }) {
  if (!action) return <div className="grid gap-4">{children}</div>
  return (
    <TenantForm action={action} done="The settings are saved." label="Organisation">
      {children}
    </TenantForm>
  )
}
