'use client'

import { ActionButton, type ActionButtonProps } from '#components/forms/action-button'
import { useScope } from '#components/tenant-scope'

/** An action in the tenant that the page was rendered for, and for no other. */
export function TenantButton({ input, ...rest }: ActionButtonProps) {
  const { tenantId } = useScope()
  return <ActionButton input={{ ...input, _tenant: tenantId }} {...rest} />
}
