import type { Action } from '#app/_actions/action'
import { Check, ChevronsUpDown, Plus } from 'lucide-react'
import { TenantMark } from '#components/shell/facade'
import { SwitchTenant } from '#components/shell/switch-tenant'
import { Menu, MenuHeading, MenuLine, MenuLink } from '#components/ui/menu'

type TenantChoice = { id: string; name: string; role: string }

export function TenantSwitcher({
  action,
  tenant,
  tenants,
}: {
  action: Action<unknown>
  tenant: TenantChoice & { tier: string }
  tenants: TenantChoice[]
}) {
  return (
    <Menu
      name="Organisation:"
      buttonClassName="flex min-w-0 items-center gap-2.5 rounded-md p-1.5 text-left transition-colors hover:bg-line/60 lg:w-full"
      label={
        <>
          <TenantMark tenantId={tenant.id} />
          <span className="min-w-0 grow">
            <span className="block truncate text-base font-semibold tracking-tight">
              {tenant.name}
            </span>
            <span className="block text-xs text-ink-faint capitalize max-lg:hidden">
              {tenant.tier}
            </span>
          </span>
          <ChevronsUpDown aria-hidden className="size-4 text-ink-faint" />
        </>
      }
    >
      <MenuHeading>Your organisations</MenuHeading>
      {tenants.map((other) => (
        <SwitchTenant
          action={action}
          key={other.id}
          tenantId={other.id}
          chosen={other.id === tenant.id}
        >
          <TenantMark tenantId={other.id} className="h-6 w-4.5" />
          <span className="min-w-0 grow">
            <span className="block truncate">{other.name}</span>
            <span className="block text-xs font-normal text-ink-faint capitalize">
              {other.role}
            </span>
          </span>
          {other.id === tenant.id && <Check aria-hidden />}
        </SwitchTenant>
      ))}
      <MenuLine />
      <MenuLink href="/new-organisation">
        <Plus aria-hidden /> New organisation
      </MenuLink>
    </Menu>
  )
}
