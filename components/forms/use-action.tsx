'use client'

import { useTransition } from 'react'
import type { Action } from '#app/_actions/action'
import { callAction } from '#components/forms/call-action'
import { toast } from '#components/ui/toast'

/**
 * Runs a server action without a form. A refusal becomes a toast.
 * @param action - The server action.
 * @param onDone - Gets the result after success.
 * @returns `run`, which takes the action's input, and whether a response is pending.
 */
export function useAction<R>(action: Action<R>, onDone?: (result: R) => void) {
  const [pending, start] = useTransition()
  const run = (input: object) =>
    start(async () => {
      const response = await callAction(action, input)
      if (response.ok) onDone?.(response.result)
      else toast(response.message)
    })
  return { pending, run }
}
