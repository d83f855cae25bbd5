'use client'

import { createContext, useContext } from 'react'

export type FormState = {
  pending: boolean
  message: string | undefined
  fields: Record<string, string>
  values: Record<string, unknown>
  formId: string
}

export const FormContext = createContext<FormState>({
  pending: false,
  message: undefined,
  fields: {},
  values: {},
  formId: '',
})

/** The state of the surrounding form: pending, and the last refusal. */
export const useForm = () => useContext(FormContext)

/**
 * The state of one input of the surrounding form.
 * @param name - The input's name.
 * @param initial - Its value before the first submission.
 * @returns Its id, the last refusal's message, and the last refused value or `initial`.
 */
export function useField(name: string, initial: string) {
  const { fields, values, formId } = useForm()
  const submitted = values[name]
  return {
    id: `${formId}-${name}`,
    error: fields[name],
    value: typeof submitted === 'string' ? submitted : initial,
  }
}
