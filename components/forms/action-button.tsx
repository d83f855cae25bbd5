'use client'

import type { ComponentProps } from 'react'
import type { Action } from '#app/_actions/action'
import { useAction } from '#components/forms/use-action'
import { Button } from '#components/ui/button'
import { toast } from '#components/ui/toast'

export type ActionButtonProps = Omit<ComponentProps<typeof Button>, 'onClick'> & {
  action: Action<unknown>
  input: object
  done: string
  onDone?: () => void
}

/** Runs an action on click. The toast appears even if the button's row is gone by then. */
export function ActionButton({ action, input, done, onDone, ...rest }: ActionButtonProps) {
  const { pending, run } = useAction(action, () => {
    toast(done)
    onDone?.()
  })
  return <Button disabled={pending} aria-busy={pending} onClick={() => run(input)} {...rest} />
}
