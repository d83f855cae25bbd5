import { clsx } from 'clsx'
import type { ComponentProps } from 'react'

export function Table({ className, ...rest }: ComponentProps<'table'>) {
  return <table className={clsx('w-full border-collapse text-left', className)} {...rest} />
}

export function Th({ className, scope = 'col', ...rest }: ComponentProps<'th'>) {
  return <th scope={scope} className={clsx('h-9 border-y border-line bg-sunken px-3 text-xs font-medium whitespace-nowrap text-ink-soft first:pl-4 last:pr-4 sm:first:pl-5 sm:last:pr-5', className)} {...rest} />
}

export function Td({ className, ...rest }: ComponentProps<'td'>) {
  return <td className={clsx('h-11 border-b border-line px-3 py-2 first:pl-4 last:pr-4 sm:first:pl-5 sm:last:pr-5', className)} {...rest} />
}

export function Tr({ className, ...rest }: ComponentProps<'tr'>) {
  return <tr className={clsx('group/row transition-colors hover:bg-sunken has-checked:bg-accent-soft [tbody_&]:last:[&>td]:border-b-0', className)} {...rest} />
}
