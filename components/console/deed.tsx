'use client'

import type { ComponentProps } from 'react'
import type { Action } from '#app/action'
import { useDeed } from '#components/forms/use-deed'
import { Button } from '#components/ui/button'
import { toast } from '#components/ui/toast'

type Props = Omit<ComponentProps<typeof Button>, 'onClick'> & { action: Action<unknown>; input: object; done: string }

/** One click, one deed that needs no question. */
export function Deed({ action, input, done, children, ...rest }: Props) {
  const { pending, run } = useDeed(action, () => toast(done))
  return (
    <Button disabled={pending} aria-busy={pending} onClick={() => run(input)} {...rest}>
      {children}
    </Button>
  )
}
