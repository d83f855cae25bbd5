'use client'

import type { ReactNode } from 'react'
import type { Action } from '#app/action'
import { useDeed } from '#components/forms/use-deed'
import { MenuItem } from '#components/ui/menu'
import { toast } from '#components/ui/toast'

/** A menu item that runs an action and says what came of it. */
export function DoInMenu({
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
  const { pending, run } = useDeed(action, () => done && toast(done))
  return (
    <MenuItem disabled={pending} onClick={() => run(input)}>
      {children}
    </MenuItem>
  )
}
