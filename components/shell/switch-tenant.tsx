'use client'

import type { ReactNode } from 'react'
import type { Action } from '#app/_actions/action'
import { useAction } from '#components/forms/use-action'
import { MenuChoice } from '#components/ui/menu'

export function SwitchTenant({
  action,
  tenantId,
  chosen,
  children,
}: {
  action: Action<unknown>
  tenantId: string
  chosen: boolean
  children: ReactNode
}) {
  const { pending, run } = useAction(action)
  return (
    <MenuChoice chosen={chosen} disabled={pending} onClick={() => !chosen && run({ tenantId })}>
      {children}
    </MenuChoice>
  )
}
