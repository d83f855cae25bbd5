'use client'

import { ActionButton, type ActionButtonProps } from '#components/forms/action-button'
import { useScope } from '#components/tenant-scope'

/** An `ActionButton` that sends the tenant that the page was rendered for. */
export function TenantButton({ input, ...rest }: ActionButtonProps) {
  const { tenantId } = useScope()
  return <ActionButton input={{ ...input, _tenant: tenantId }} {...rest} />
}
