'use client'

import { Plus } from 'lucide-react'
import { useRef, useState, type KeyboardEvent } from 'react'
import { useForm } from '#components/forms/form-state'
import {
  emptyLine,
  isEmpty,
  type DraftLine,
  type ProductOption,
} from '#components/orders/order-draft'
import { lineGrid, OrderLineFields } from '#components/orders/order-line-fields'
import { useScope } from '#components/tenant-scope'
import { Button } from '#components/ui/button'
import { FieldError } from '#components/ui/field'
import { isComposing } from '#components/ui/is-composing'
import { decimalText } from '#db/money'

type Props = {
  lines: DraftLine[]
  onChange: (lines: DraftLine[]) => void
  search: (words: string, signal: AbortSignal) => Promise<ProductOption[]>
}

/**
 * The lines of an order, usable by keyboard alone: choosing a product focuses its quantity, and
 * Enter in the last line adds another.
 */
export function OrderLinesField({ lines, onChange, search }: Props) {
  const { fields } = useForm()
  const { sent, errorOf, forgetErrors } = useLineErrors(lines)
  const { list, set, choose, add, onKeyDown } = useLineEditing(lines, onChange)

  function remove(line: DraftLine) {
    forgetErrors(line.key)
    onChange(lines.filter((other) => other !== line))
  }

  return (
    <div
      ref={list}
      role="group"
      aria-label="Lines"
      aria-describedby={fields.lines && 'lines-error'}
      className="@container grid gap-3"
    >
      <div aria-hidden className={`${lineGrid} text-xs font-medium text-ink-soft @max-xl:hidden`}>
        <span>Product</span>
        <span className="text-right">Quantity</span>
        <span className="text-right">Unit price</span>
        <span className="text-right">Total</span>
      </div>
      {lines.map((line, position) => (
        <OrderLineFields
          key={line.key}
          line={line}
          number={position + 1}
          index={sent.indexOf(line.key)}
          errorOf={(field) => errorOf(line.key, field)}
          search={search}
          onChoose={(product, typed) => choose(line, product, typed)}
          onChange={(change) => set(line.key, change)}
          onKeyDown={(event) => onKeyDown(event, line)}
          onRemove={lines.length === 1 ? null : () => remove(line)}
        />
      ))}
      {fields.lines && <FieldError id="lines-error">{fields.lines}</FieldError>}
      <Button look="quiet" size="small" className="-ml-2.5 justify-self-start" onClick={add}>
        <Plus aria-hidden /> Add a line
      </Button>
    </div>
  )
}

/**
 * The keys of the lines that will be submitted, and the errors of the last response by line. The
 * response counts the lines that were submitted; lines may have been added or removed since.
 */
function useLineErrors(lines: DraftLine[]) {
  const { fields, pending } = useForm()
  const sent = lines.filter((line) => !isEmpty(line)).map((line) => line.key)
  const [submitted, setSubmitted] = useState(sent)
  const [wasPending, setWasPending] = useState(pending)
  if (pending !== wasPending) {
    setWasPending(pending)
    if (pending) setSubmitted(sent)
  }
  return {
    sent,
    errorOf: (key: number, field: string) => fields[`lines.${submitted.indexOf(key)}.${field}`],
    /** For a removed line, since a new line may reuse its key. */
    forgetErrors: (key: number) =>
      setSubmitted(submitted.map((other) => (other === key ? -1 : other))),
  }
}

function useLineEditing(lines: DraftLine[], onChange: Props['onChange']) {
  const { formats } = useScope()
  const list = useRef<HTMLDivElement>(null)
  const set = (key: number, change: Partial<DraftLine>) =>
    onChange(lines.map((line) => (line.key === key ? { ...line, ...change } : line)))
  const focus = (selector: string) =>
    setTimeout(() => list.current?.querySelector<HTMLInputElement>(selector)?.focus())

  function choose(line: DraftLine, product: ProductOption | null, typed: string) {
    set(line.key, {
      product,
      typed: product ? '' : typed,
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
    if (event.key !== 'Enter' || event.ctrlKey || event.metaKey || isComposing(event)) return
    event.preventDefault()
    const next = lines[lines.indexOf(line) + 1]
    if (next) focus(`[data-line="${next.key}"] [role=combobox]`)
    else add()
  }

  return { list, set, choose, add, onKeyDown }
}
