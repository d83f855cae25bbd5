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

export const useForm = () => useContext(FormContext)

/**
 * What an input of this name starts with and says: the last refusal's value and message before the
 * page's own value.
 */
export function useField(name: string, initial: string) {
  const { fields, values, formId } = useForm()
  const kept = values[name]
  return {
    id: `${formId}-${name}`,
    error: fields[name],
    value: typeof kept === 'string' ? kept : initial,
  }
}
