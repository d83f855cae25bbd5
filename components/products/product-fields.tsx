import { TextField } from '#components/forms/fields'
import { typed, type Formats } from '#components/formats'

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
          value={start ? typed(start.priceMinor, formats) : ''}
          inputMode="decimal"
          autoComplete="off"
        />
      </div>
    </>
  )
}
