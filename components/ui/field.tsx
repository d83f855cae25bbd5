import type { ReactNode } from 'react'

export type FieldText = { label: string; hint?: ReactNode; optional?: boolean | undefined }

/**
 * The attributes that connect an input to its label, hint and error.
 * @param id - The field's id.
 * @param error - Its error message.
 * @param hint - Whether it has a hint.
 */
export function fieldAttributes(id: string, error: string | undefined, hint: boolean) {
  const describedBy = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(' ')
  return {
    id,
    ...(error && { 'aria-invalid': true as const }),
    ...(describedBy && { 'aria-describedby': describedBy }),
  }
}

export function Field({
  id,
  label,
  hint,
  optional,
  error,
  children,
}: FieldText & { id: string; error?: string | undefined; children: ReactNode }) {
  return (
    <div className="grid min-w-0 gap-1.5">
      <label
        htmlFor={id}
        className="flex justify-between gap-2 text-sm font-medium wrap-anywhere text-ink"
      >
        {label}
        {optional && <span className="shrink-0 font-normal text-ink-faint">optional</span>}
      </label>
      {children}
      {error && <FieldError id={`${id}-error`}>{error}</FieldError>}
      {hint && (
        <p id={`${id}-hint`} className="text-xs text-ink-faint">
          {hint}
        </p>
      )}
    </div>
  )
}

export function FieldError({ id, children }: { id: string; children: ReactNode }) {
  return (
    <p id={id} className="text-sm wrap-anywhere text-danger">
      {children}
    </p>
  )
}
