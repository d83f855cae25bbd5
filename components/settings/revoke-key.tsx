'use client'

import { useState } from 'react'
import type { Action } from '#app/_actions/action'
import { TenantButton } from '#components/forms/tenant-button'
import { Button } from '#components/ui/button'
import { Confirm } from '#components/ui/confirm'

export function RevokeKey({
  id,
  name,
  action,
}: {
  id: string
  name: string
  action: Action<unknown>
}) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button size="small" onClick={() => setOpen(true)} aria-label={`Revoke ${name}`}>
        Revoke
      </Button>
      <Confirm
        open={open}
        onClose={() => setOpen(false)}
        title={`Revoke ${name}?`}
        text="Programs that use this key are refused from the next call on."
      >
        <TenantButton
          action={action}
          input={{ id, name }}
          done={`${name} is revoked.`}
          onDone={() => setOpen(false)}
          look="danger"
        >
          Revoke
        </TenantButton>
      </Confirm>
    </>
  )
}
