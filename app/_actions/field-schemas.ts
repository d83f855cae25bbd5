import { z } from 'zod'
import { isId } from '@rowhouse/tenancy'

// Schemas for form fields. Form data is text: numbers are converted here, amounts where the
// currency is known.

const clean = z.string().transform((input) => input.replaceAll('\0', '').toWellFormed().trim())
const lengthError = (most: number) => ({
  error: ({ input }: { input?: unknown }) =>
    `Use at most ${most.toLocaleString('en')} characters; these are ${String(input).length.toLocaleString('en')}.`,
})

export const text = (most: number) => clean.pipe(z.string().max(most, lengthError(most)))

export const requiredText = (most: number, message: string) =>
  clean.pipe(z.string().min(1, message).max(most, lengthError(most)))

/**
 * The name of a person or an organisation. Names appear in emails to other people, so they may not
 * contain links.
 */
export const plainName = (message: string) =>
  requiredText(80, message).pipe(
    z
      .string()
      .regex(
        /^(?!.*(:\/\/|www\.))[^\p{Cc}\p{Bidi_Control}]*$/iu,
        'Use a name without line breaks or web addresses.',
      ),
  )

export const optionalEmail = text(254).pipe(
  z.union([z.literal(''), z.email('Type an e-mail address such as name@example.com.')], {
    error: 'Type an e-mail address such as name@example.com.',
  }),
)

export const id = (message: string) => z.string({ error: message }).refine(isId, message)

export const version = z.coerce.number().int().min(1)

export const quantity = z
  .string({ error: 'Type a quantity.' })
  .trim()
  .min(1, 'Type a quantity.')
  .pipe(
    z.coerce
      .number<string>({ error: 'Type a whole number.' })
      .int('Type a whole number.')
      .min(1, 'A quantity is at least 1.')
      .max(100_000, 'A quantity is at most 100,000.'),
  )

/** As typed; `parseAmount` converts it once the currency is known. */
export const amount = z
  .string({ error: 'Type a price.' })
  .trim()
  .min(1, 'Type a price.')
  .max(30, 'This is not an amount.')
