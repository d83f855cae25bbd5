'use client'

import type { ReactNode } from 'react'
import type { Action } from '#app/_actions/action'
import { useAction } from '#components/forms/use-action'
import { MenuItem } from '#components/ui/menu'
import { toast } from '#components/ui/toast'

/** A menu item that runs an action, with a toast about its result. */
export function ActionMenuItem({
  action,
  input,
  done,
  children,
}: {
  action: Action<unknown>
  input: object
  done?: string
  children: ReactNode
}) {
  const { pending, run } = useAction(action, () => done && toast(done))
  return (
    <MenuItem disabled={pending} onClick={() => run(input)}>
      {children}
    </MenuItem>
  )
}
