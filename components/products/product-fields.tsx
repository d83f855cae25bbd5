import { TextField } from '#components/forms/fields'
import type { Formats } from '#components/formats'
import { decimalText } from '#db/money'

export function ProductFields({
  start,
  formats,
}: {
  start?: { sku: string; name: string; priceMinor: number }
  formats: Formats
}) {
  return (
    <>
      <TextField name="name" label="Name" value={start?.name ?? ''} autoComplete="off" />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          name="sku"
          label="Number"
          value={start?.sku ?? ''}
          hint="Yours, and the only one."
          autoComplete="off"
        />
        <TextField
          name="price"
          label={`Price in ${formats.currency}`}
          value={start ? decimalText(start.priceMinor, formats.currency) : ''}
          inputMode="decimal"
          autoComplete="off"
        />
      </div>
    </>
  )
}
