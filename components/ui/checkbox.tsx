import type { ComponentProps, ReactNode } from 'react'

export function Checkbox({
  children,
  ...rest
}: Omit<ComponentProps<'input'>, 'type'> & { children: ReactNode }) {
  return (
    <label className="flex min-h-7 items-center gap-2 text-sm">
      <input type="checkbox" className="size-4 shrink-0" {...rest} />
      {children}
    </label>
  )
}
