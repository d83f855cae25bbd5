'use client'

import type { ComponentProps } from 'react'
import type { Action } from '#app/action'
import { useDeed } from '#components/forms/use-deed'
import { useScope } from '#components/tenant-scope'
import { Button } from '#components/ui/button'
import { toast } from '#components/ui/toast'

type Props = Omit<ComponentProps<typeof Button>, 'onClick'> & { action: Action<unknown>; input: object; done: string }

/** One click, one deed that can be undone: no question asked. */
export function DoButton({ action, input, done, ...rest }: Props) {
  const { tenantId } = useScope()
  const { pending, run } = useDeed(action, () => toast(done))
  return <Button disabled={pending} onClick={() => run({ ...input, _tenant: tenantId })} {...rest} />
}
