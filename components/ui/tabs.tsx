import { clsx } from 'clsx'
import type { Route } from 'next'
import NextLink from 'next/link'

/** Views of one list, each with its own address. */
export function Tabs({
  label,
  tabs,
}: {
  label: string
  tabs: { name: string; href: Route; current: boolean }[]
}) {
  return (
    <nav aria-label={label} className="overflow-x-auto border-b border-line px-2 sm:px-2.5">
      <ul className="flex">
        {tabs.map(({ name, href, current }) => (
          <li key={name}>
            <NextLink
              href={href}
              scroll={false}
              prefetch={false}
              aria-current={current ? 'true' : undefined}
              className={clsx(
                'relative block rounded-md px-2 py-3 text-sm sm:px-2.5 whitespace-nowrap outline-offset-[-4px]',
                current
                  ? 'font-medium text-ink after:absolute after:inset-x-2 after:bottom-0 after:h-0.5 after:bg-accent sm:after:inset-x-2.5'
                  : 'text-ink-soft hover:text-ink',
              )}
            >
              {name}
            </NextLink>
          </li>
        ))}
      </ul>
    </nav>
  )
}
