'use client'

import { useState, type ReactNode } from 'react'
import type { Action } from '#app/_actions/action'
import { CustomerFields } from '#components/customers/customer-fields'
import { formatMoney } from '#components/formats'
import { SubmitButton, TextareaField } from '#components/forms/fields'
import { useForm } from '#components/forms/form-state'
import { TenantForm } from '#components/forms/tenant-form'
import { lineTotal, type Draft, type DraftLine } from '#components/orders/order-draft'
import { OrderLinesField } from '#components/orders/order-lines-field'
import { searchCustomers, searchProducts } from '#components/orders/search-options'
import { useScope } from '#components/tenant-scope'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { Combobox, type Option } from '#components/ui/combobox'
import { Dialog, DialogBody, DialogButtons } from '#components/ui/dialog'
import { Field, fieldAttributes } from '#components/ui/field'

type Kept = Pick<Draft, 'customer' | 'lines'>
type CreateCustomer = Action<{ id: string; name: string }>
type OrderFormProps<R> = {
  action: Action<R>
  createCustomer: CreateCustomer | null
  start: Draft
  hidden?: Record<string, string | number>
  onDone?: (result: R) => void
  buttons: ReactNode
  children?: ReactNode
}

export function OrderForm<R>({
  action,
  createCustomer,
  start,
  hidden,
  onDone,
  buttons,
  children,
}: OrderFormProps<R>) {
  const [customer, setCustomer] = useState<Option | null>(start.customer)
  const [lines, setLines] = useState(start.lines)
  const [newName, setNewName] = useState<string | null>(null)
  return (
    <>
      <TenantForm
        action={action}
        {...(hidden && { hidden })}
        {...(onDone && { onDone })}
        label="Order"
        className="grid gap-5"
        kept={{ customer, lines } satisfies Kept}
        onRestore={(kept) => {
          const { customer, lines } = kept as Kept
          setCustomer(customer)
          setLines(lines)
        }}
      >
        {children}
        <Card labelledBy="who">
          <CardHeader id="who" title="Customer" />
          <CardBody>
            <CustomerField
              chosen={customer}
              onChoose={setCustomer}
              {...(createCustomer && { onCreate: setNewName })}
            />
          </CardBody>
        </Card>
        <Card labelledBy="what">
          <CardHeader id="what" title="What they order" />
          <CardBody>
            <OrderLinesField lines={lines} onChange={setLines} search={searchProducts} />
            <OrderTotal lines={lines} />
          </CardBody>
        </Card>
        <Card>
          <CardBody className="pt-4 sm:pt-5">
            <TextareaField name="note" label="Note" optional value={start.note} rows={3} />
          </CardBody>
        </Card>
        <div className="flex flex-wrap justify-end gap-2">{buttons}</div>
      </TenantForm>
      {createCustomer && (
        <NewCustomerDialog
          name={newName}
          onClose={() => setNewName(null)}
          onCreated={setCustomer}
          action={createCustomer}
        />
      )}
    </>
  )
}

function OrderTotal({ lines }: { lines: DraftLine[] }) {
  const { formats } = useScope()
  const total = lines.reduce((sum, line) => sum + (lineTotal(line, formats.currency) ?? 0), 0)
  return (
    <p
      aria-live="polite"
      className="mt-4 flex items-baseline justify-between border-t border-line pt-4"
    >
      <span className="font-medium">Total</span>
      <span className="pr-10 text-xl font-semibold tracking-tight tabular-nums">
        {formatMoney(total, formats)}
      </span>
    </p>
  )
}

/** Open while `name` is set. */
function NewCustomerDialog({
  name,
  onClose,
  onCreated,
  action,
}: {
  name: string | null
  onClose: () => void
  onCreated: (customer: Option) => void
  action: CreateCustomer
}) {
  return (
    <Dialog open={name !== null} onClose={onClose} title="New customer">
      <DialogBody>
        <TenantForm
          action={action}
          label="New customer"
          done={({ name }) => `${name} is a customer now.`}
          onDone={({ id, name }) => {
            onCreated({ value: id, label: name })
            onClose()
          }}
        >
          <CustomerFields start={{ name: name ?? '' }} />
          <DialogButtons>
            <SubmitButton>Create customer</SubmitButton>
          </DialogButtons>
        </TenantForm>
      </DialogBody>
    </Dialog>
  )
}

function CustomerField({
  chosen,
  onChoose,
  onCreate,
}: {
  chosen: Option | null
  onChoose: (option: Option | null) => void
  onCreate?: (name: string) => void
}) {
  const { fields, formId } = useForm()
  const id = `${formId}-customer`
  const attributes = fieldAttributes(id, fields.customerId, Boolean(onCreate))
  return (
    <Field
      id={id}
      label="Who orders"
      error={fields.customerId}
      {...(onCreate && {
        hint: 'Type a name or an e-mail address. A new name can be created on the spot.',
      })}
    >
      <Combobox
        id={id}
        name="customerId"
        placeholder="Find a customer"
        chosen={chosen}
        onChoose={onChoose}
        search={searchCustomers}
        {...(onCreate && { onCreate })}
        invalid={Boolean(fields.customerId)}
        describedBy={attributes['aria-describedby']}
      />
    </Field>
  )
}
