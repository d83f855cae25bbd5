'use client'

import { ActionForm, type ActionFormProps } from '#components/forms/action-form'
import { useScope } from '#components/tenant-scope'

/** An `ActionForm` that sends the tenant that the page was rendered for. */
export function TenantForm<R>({ hidden, ...rest }: ActionFormProps<R>) {
  const { tenantId } = useScope()
  return <ActionForm hidden={{ ...hidden, _tenant: tenantId }} {...rest} />
}
