'use client'

import type { ReactNode } from 'react'
import type { Action } from '#app/action'
import { useDeed } from '#components/forms/use-deed'
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
  const { pending, run } = useDeed(action)
  return (
    <MenuChoice chosen={chosen} disabled={pending} onClick={() => !chosen && run({ tenantId })}>
      {children}
    </MenuChoice>
  )
}
