'use client'

import { ActionForm, type ActionFormProps } from '#components/forms/action-form'
import { useScope } from '#components/tenant-scope'

/** A form that acts for the tenant it was rendered for, and for no other. */
export function TenantForm<R>({ hidden, ...rest }: ActionFormProps<R>) {
  const { tenantId } = useScope()
  return <ActionForm hidden={{ ...hidden, _tenant: tenantId }} {...rest} />
}
