'use client'

import type { ComponentProps } from 'react'
import type { Action } from '#app/action'
import { useDeed } from '#components/forms/use-deed'
import { useScope } from '#components/tenant-scope'
import { Button } from '#components/ui/button'
import { toast } from '#components/ui/toast'

type Props = Omit<ComponentProps<typeof Button>, 'onClick'> & { action: Action<unknown>; input: object; done: string; onDone?: () => void }

/** One click, one deed, and a word about it, even when the row that held the button is gone by then. */
export function DoButton({ action, input, done, onDone, ...rest }: Props) {
  const { tenantId } = useScope()
  const { pending, run } = useDeed(action, () => {
    toast(done)
    onDone?.()
  })
  return <Button disabled={pending} onClick={() => run({ ...input, _tenant: tenantId })} {...rest} />
}
