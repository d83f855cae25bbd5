'use client'

import type { Route } from 'next'
import Link from 'next/link'
import { usePathname } from 'next/navigation'

export type Section = { href: Route; label: string }

/** Links between related pages, in a row that scrolls sideways on a phone. */
export function SectionNav({ label, sections }: { label: string; sections: Section[] }) {
  const here = usePathname()
  return (
    <nav
      aria-label={label}
      className="-mb-1 flex gap-1 overflow-x-auto shadow-[inset_0_-1px_var(--color-line)]"
    >
      {sections.map(({ href, label: text }) => (
        <Link
          key={href}
          href={href}
          aria-current={here === href ? 'page' : undefined}
          className="border-b-2 border-transparent px-3 py-2 whitespace-nowrap text-ink-soft outline-offset-[-2px] hover:text-ink aria-[current]:border-accent aria-[current]:font-medium aria-[current]:text-ink"
        >
          {text}
        </Link>
      ))}
    </nav>
  )
}
