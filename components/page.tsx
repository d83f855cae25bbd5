import { clsx } from 'clsx'
import type { ReactNode } from 'react'
import { TenantScope, type PageScope } from '#components/tenant-scope'

const widths = { wide: 'max-w-[92rem]', normal: 'max-w-6xl', narrow: 'max-w-3xl' }

/** The frame of a tenant's page. Its children can read the tenant that it was rendered for. */
export function Page({
  scope,
  width = 'wide',
  children,
}: {
  scope: PageScope
  width?: keyof typeof widths
  children: ReactNode
}) {
  return (
    <TenantScope scope={scope}>
      <PageFrame width={width}>{children}</PageFrame>
    </TenantScope>
  )
}

export function PageFrame({
  width = 'wide',
  children,
}: {
  width?: keyof typeof widths
  children: ReactNode
}) {
  return (
    <div
      className={clsx(
        'mx-auto grid grid-cols-[minmax(0,1fr)] gap-5 px-4 py-5 sm:px-6 sm:py-7 lg:px-8',
        widths[width],
      )}
    >
      {children}
    </div>
  )
}
