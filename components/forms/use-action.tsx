'use client'

import { useTransition } from 'react'
import type { Action } from '#app/action'
import { answered } from '#components/forms/answered'
import { toast } from '#components/ui/toast'

/** Runs an action without a form; a refusal becomes a toast. */
export function useDeed<R>(action: Action<R>, onDone?: (result: R) => void) {
  const [pending, start] = useTransition()
  const run = (input: object) =>
    start(async () => {
      const answer = await answered(action, input)
      if (answer.ok) onDone?.(answer.result)
      else toast(answer.message)
    })
  return { pending, run }
}
