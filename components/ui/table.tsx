import { clsx } from 'clsx'
import type { ComponentProps } from 'react'

// What all cells share stands once in globals.css, not in each of some hundred cells of a page.

export function Table({ className, ...rest }: ComponentProps<'table'>) {
  return <table className={clsx('data-table', className)} {...rest} />
}

export function Th({ scope = 'col', ...rest }: ComponentProps<'th'>) {
  return <th scope={scope} {...rest} />
}

export const Td = (props: ComponentProps<'td'>) => <td {...props} />
export const Tr = (props: ComponentProps<'tr'>) => <tr {...props} />
