'use client'

import { useTransition } from 'react'
import type { Action } from '#app/_actions/action'
import { callAction } from '#components/forms/call-action'
import { toast } from '#components/ui/toast'

/** Runs an action without a form; a refusal becomes a toast. */
export function useAction<R>(action: Action<R>, onDone?: (result: R) => void) {
  const [pending, start] = useTransition()
  const run = (input: object) =>
    start(async () => {
      const answer = await callAction(action, input)
      if (answer.ok) onDone?.(answer.result)
      else toast(answer.message)
    })
  return { pending, run }
}
