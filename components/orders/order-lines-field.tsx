'use client'

import { Plus, Trash2 } from 'lucide-react'
import { useRef, type KeyboardEvent } from 'react'
import { useForm } from '#components/forms/form-state'
import { money } from '#components/formats'
import {
  emptyLine,
  isEmpty,
  lineTotal,
  type DraftLine,
  type ProductOption,
} from '#components/orders/order-draft'
import { useScope } from '#components/tenant-scope'
import { Button } from '#components/ui/button'
import { Combobox } from '#components/ui/combobox'
import { FieldError, wiring } from '#components/ui/field'
import { Input } from '#components/ui/input'
import { decimalText } from '#db/product/money'

type Props = {
  lines: DraftLine[]
  onChange: (lines: DraftLine[]) => void
  search: (words: string, signal: AbortSignal) => Promise<ProductOption[]>
}

const grid =
  'grid grid-cols-[4.5rem_6.5rem_minmax(0,1fr)_2rem] gap-x-2 gap-y-1.5 @xl:grid-cols-[minmax(0,1fr)_5.5rem_8rem_7.5rem_2rem]'

/**
 * Lines by keyboard alone: choosing a product goes to its quantity, Enter in the last field starts
 * the next line.
 */
export function OrderLinesField({ lines, onChange, search }: Props) {
  const { formats } = useScope()
  const { fields } = useForm()
  const list = useRef<HTMLDivElement>(null)
  const set = (key: number, change: Partial<DraftLine>) =>
    onChange(lines.map((line) => (line.key === key ? { ...line, ...change } : line)))
  const focus = (selector: string) =>
    setTimeout(() => list.current?.querySelector<HTMLInputElement>(selector)?.focus())

  function choose(line: DraftLine, product: ProductOption | null) {
    set(line.key, {
      product,
      ...(product && { unitPrice: decimalText(product.priceMinor, formats.currency) }),
    })
    if (product) focus(`[data-line="${line.key}"] [data-quantity]`)
  }
  function add() {
    const line = emptyLine(lines)
    onChange([...lines, line])
    focus(`[data-line="${line.key}"] [role=combobox]`)
  }
  function onKeyDown(event: KeyboardEvent, line: DraftLine) {
    if (event.key !== 'Enter' || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    const next = lines[lines.indexOf(line) + 1]
    if (next) focus(`[data-line="${next.key}"] [role=combobox]`)
    else add()
  }

  const sent = lines.filter((line) => !isEmpty(line))
  return (
    <div ref={list} role="group" aria-label="Lines" className="@container grid gap-3">
      <div aria-hidden className={`${grid} text-xs font-medium text-ink-soft @max-xl:hidden`}>
        <span>Product</span>
        <span className="text-right">Quantity</span>
        <span className="text-right">Unit price</span>
        <span className="text-right">Total</span>
      </div>
      {lines.map((line, position) => {
        const index = sent.indexOf(line)
        const error = (name: string) => (index < 0 ? undefined : fields[`lines.${index}.${name}`])
        const field = (name: string) => ({
          ...(index >= 0 && { name: `lines.${index}.${name}` }),
          ...wiring(`line-${line.key}-${name}`, error(name), false),
        })
        const total = lineTotal(line, formats.currency)
        return (
          <div
            key={line.key}
            data-line={line.key}
            role="group"
            aria-label={`Line ${position + 1}`}
            className={`${grid} @max-xl:gap-y-1 @max-xl:not-last:mb-3`}
          >
            <div className="@max-xl:col-span-full">
              <Combobox
                {...(index >= 0 ? { name: `lines.${index}.productId` } : { name: '' })}
                label="Product"
                placeholder="Find a product"
                chosen={line.product}
                onChoose={(product) => choose(line, product)}
                search={search}
                invalid={Boolean(error('productId'))}
                describedBy={error('productId') && `line-${line.key}-productId-error`}
              />
            </div>
            {['Quantity', 'Unit price', 'Total'].map((name) => (
              <span key={name} aria-hidden className="text-right text-xs text-ink-soft @xl:hidden">
                {name}
              </span>
            ))}
            <span aria-hidden className="@xl:hidden" />
            <Input
              {...field('quantity')}
              data-quantity
              aria-label="Quantity"
              inputMode="numeric"
              className="text-right tabular-nums"
              value={line.quantity}
              onChange={(event) => set(line.key, { quantity: event.target.value })}
              onFocus={(event) => event.target.select()}
              onKeyDown={(event) => onKeyDown(event, line)}
            />
            <Input
              {...field('unitPrice')}
              aria-label="Unit price"
              inputMode="decimal"
              className="text-right tabular-nums"
              value={line.unitPrice}
              onChange={(event) => set(line.key, { unitPrice: event.target.value })}
              onFocus={(event) => event.target.select()}
              onKeyDown={(event) => onKeyDown(event, line)}
            />
            <p className="self-center text-right tabular-nums">
              <span className="sr-only">Line total </span>
              {total === null ? '–' : money(total, formats)}
            </p>
            <Button
              look="quiet"
              size="small icon"
              className="self-center justify-self-end"
              disabled={lines.length === 1}
              onClick={() => onChange(lines.filter((other) => other !== line))}
            >
              <Trash2 aria-hidden />
              <span className="sr-only">Remove line {position + 1}</span>
            </Button>
            {['productId', 'quantity', 'unitPrice'].map((name) => {
              const message = error(name)
              return (
                message && (
                  <div key={name} className="col-span-full">
                    <FieldError id={`line-${line.key}-${name}-error`}>{message}</FieldError>
                  </div>
                )
              )
            })}
          </div>
        )
      })}
      {fields.lines && <FieldError id="lines-error">{fields.lines}</FieldError>}
      <Button look="quiet" size="small" className="-ml-2.5 justify-self-start" onClick={add}>
        <Plus aria-hidden /> Add a line
      </Button>
    </div>
  )
}
