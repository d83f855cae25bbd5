import { TextareaField, TextField } from '#components/forms/fields'

type InitialValues = {
  name?: string
  email?: string
  phone?: string
  address?: string
  note?: string
}

export function CustomerFields({ start = {} }: { start?: InitialValues }) {
  return (
    <>
      <TextField name="name" label="Name" value={start.name ?? ''} autoComplete="off" />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          name="email"
          label="E-mail address"
          type="email"
          optional
          value={start.email ?? ''}
          autoComplete="off"
        />
        <TextField
          name="phone"
          label="Phone"
          type="tel"
          optional
          value={start.phone ?? ''}
          autoComplete="off"
        />
      </div>
      <TextareaField name="address" label="Address" optional value={start.address ?? ''} rows={2} />
      <TextareaField name="note" label="Note" optional value={start.note ?? ''} rows={2} />
    </>
  )
}
