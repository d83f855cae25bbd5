'use client'

import type { ComponentProps } from 'react'
import type { Action } from '#app/action'
import { useDeed } from '#components/forms/use-deed'
import { Button } from '#components/ui/button'
import { toast } from '#components/ui/toast'

export type ActionButtonProps = Omit<ComponentProps<typeof Button>, 'onClick'> & {
  action: Action<unknown>
  input: object
  done: string
  onDone?: () => void
}

/**
 * One click, one deed, and a word about it, even when the row that held the button is gone by then.
 */
export function ActionButton({ action, input, done, onDone, ...rest }: ActionButtonProps) {
  const { pending, run } = useDeed(action, () => {
    toast(done)
    onDone?.()
  })
  return <Button disabled={pending} aria-busy={pending} onClick={() => run(input)} {...rest} />
}
