'use client'

import { Trash2 } from 'lucide-react'
import type { ComponentProps, KeyboardEvent } from 'react'
import { formatMoney } from '#components/formats'
import { lineTotal, type DraftLine, type ProductOption } from '#components/orders/order-draft'
import { useScope } from '#components/tenant-scope'
import { Button } from '#components/ui/button'
import { Combobox } from '#components/ui/combobox'
import { FieldError, fieldAttributes } from '#components/ui/field'
import { Input } from '#components/ui/input'

export const lineGrid =
  'grid grid-cols-[4.5rem_6.5rem_minmax(0,1fr)_2rem] gap-x-2 gap-y-1.5 @xl:grid-cols-[minmax(0,1fr)_5.5rem_8rem_7.5rem_2rem]'

type Props = {
  line: DraftLine
  /** Its number in labels, from 1. */
  number: number
  /** Its index among the submitted lines; -1 while it is empty. */
  index: number
  errorOf: (field: string) => string | undefined
  search: (words: string, signal: AbortSignal) => Promise<ProductOption[]>
  onChoose: (product: ProductOption | null, typed: string) => void
  onChange: (change: Partial<DraftLine>) => void
  onKeyDown: (event: KeyboardEvent) => void
  /** Null for the only line. */
  onRemove: (() => void) | null
}

/** The fields of one line, with its total and errors. */
export function OrderLineFields(props: Props) {
  const { line, number, index, errorOf, search, onChoose, onChange, onKeyDown, onRemove } = props
  const { formats } = useScope()
  const total = lineTotal(line, formats.currency)
  const fieldProps = (name: string) => ({
    ...(index >= 0 && { name: `lines.${index}.${name}` }),
    ...fieldAttributes(`line-${line.key}-${name}`, errorOf(name), false),
    onKeyDown,
  })
  return (
    <div
      data-line={line.key}
      role="group"
      aria-label={`Line ${number}`}
      className={`${lineGrid} @max-xl:gap-y-1 @max-xl:not-last:mb-3`}
    >
      <div className="@max-xl:col-span-full">
        <Combobox
          name={index >= 0 ? `lines.${index}.productId` : ''}
          label="Product"
          placeholder="Find a product"
          chosen={line.product}
          onChoose={onChoose}
          search={search}
          invalid={Boolean(errorOf('productId'))}
          describedBy={errorOf('productId') && `line-${line.key}-productId-error`}
        />
      </div>
      <NarrowHeadings />
      <NumberInput
        {...fieldProps('quantity')}
        data-quantity
        aria-label="Quantity"
        inputMode="numeric"
        value={line.quantity}
        onChange={(event) => onChange({ quantity: event.target.value })}
      />
      <NumberInput
        {...fieldProps('unitPrice')}
        aria-label="Unit price"
        inputMode="decimal"
        value={line.unitPrice}
        onChange={(event) => onChange({ unitPrice: event.target.value })}
      />
      <p className="self-center text-right tabular-nums">
        <span className="sr-only">Line total </span>
        {total === null ? '–' : formatMoney(total, formats)}
      </p>
      <Button
        look="quiet"
        size="small icon"
        className="self-center justify-self-end"
        disabled={onRemove === null}
        onClick={() => onRemove?.()}
      >
        <Trash2 aria-hidden />
        <span className="sr-only">Remove line {number}</span>
      </Button>
      <LineErrors lineKey={line.key} errorOf={errorOf} />
    </div>
  )
}

/** Headings for each line, on screens too narrow for one row of headings above all lines. */
function NarrowHeadings() {
  return (
    <>
      {['Quantity', 'Unit price', 'Total'].map((name) => (
        <span key={name} aria-hidden className="text-right text-xs text-ink-soft @xl:hidden">
          {name}
        </span>
      ))}
      <span aria-hidden className="@xl:hidden" />
    </>
  )
}

function NumberInput(props: Omit<ComponentProps<typeof Input>, 'className' | 'onFocus'>) {
  return (
    <Input
      {...props}
      className="text-right tabular-nums"
      onFocus={(event) => event.target.select()}
    />
  )
}

function LineErrors({ lineKey, errorOf }: { lineKey: number; errorOf: Props['errorOf'] }) {
  return ['productId', 'quantity', 'unitPrice'].map((name) => {
    const message = errorOf(name)
    return (
      message && (
        <div key={name} className="col-span-full">
          <FieldError id={`line-${lineKey}-${name}-error`}>{message}</FieldError>
        </div>
      )
    )
  })
}
