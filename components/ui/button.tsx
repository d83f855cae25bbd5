import { cva, type VariantProps } from 'class-variance-authority'
import Link from 'next/link'
import type { ComponentProps } from 'react'

export const button = cva(
  'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md font-medium transition-colors select-none disabled:cursor-not-allowed disabled:opacity-55 aria-disabled:opacity-55 [&_svg]:size-4 [&_svg]:shrink-0',
  {
    variants: {
      look: {
        primary: 'bg-accent text-accent-ink shadow-raised hover:bg-accent-strong',
        secondary: 'border border-line-strong bg-raised text-ink shadow-raised hover:bg-sunken',
        quiet:
          'text-ink-soft hover:bg-sunken hover:text-ink aria-expanded:bg-sunken aria-expanded:text-ink',
        danger: 'bg-danger text-danger-ink shadow-raised hover:bg-danger-strong',
      },
      size: {
        normal: 'h-fit min-h-9 px-3.5 text-sm',
        small: 'h-fit min-h-8 px-2.5 text-sm',
        large: 'h-fit min-h-10 px-3.5 text-sm',
        icon: 'size-9',
        'small icon': 'size-8',
      },
      /** For labels with a name in them, which may be wider than a phone. */
      wraps: {
        true: 'max-w-full py-1 wrap-anywhere',
        false: 'whitespace-nowrap',
      },
    },
    defaultVariants: { look: 'secondary', size: 'normal', wraps: false },
  },
)

type Variants = VariantProps<typeof button>

export function Button({
  look,
  size,
  wraps,
  className,
  type = 'button',
  ...rest
}: ComponentProps<'button'> & Variants) {
  return <button type={type} className={button({ look, size, wraps, className })} {...rest} />
}

export function ButtonLink({
  look,
  size,
  wraps,
  className,
  ...rest
}: ComponentProps<typeof Link> & Variants) {
  return <Link className={button({ look, size, wraps, className })} {...rest} />
}
