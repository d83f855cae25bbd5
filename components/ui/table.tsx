import { clsx } from 'clsx'
import type { ComponentProps } from 'react'

// Cell styles are in globals.css, so that they are not repeated in hundreds of cells.

export function Table({ className, ...rest }: ComponentProps<'table'>) {
  return <table className={clsx('data-table', className)} {...rest} />
}

export function Th({ scope = 'col', ...rest }: ComponentProps<'th'>) {
  return <th scope={scope} {...rest} />
}

export const Td = (props: ComponentProps<'td'>) => <td {...props} />
export const Tr = (props: ComponentProps<'tr'>) => <tr {...props} />
