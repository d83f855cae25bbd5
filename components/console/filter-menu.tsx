'use client'

import { ChevronDown } from 'lucide-react'
import type { Route } from 'next'
import { useRouter } from 'next/navigation'
import { button } from '#components/ui/button'
import { Menu, MenuChoice } from '#components/ui/menu'

type Props = { label: string; value: string; choices: { name: string; href: Route }[] }

/** One of a few values of a filter, each at an address of its own. */
export function FilterMenu({ label, value, choices }: Props) {
  const router = useRouter()
  return (
    <Menu
      name={`${label}: ${value}`}
      buttonClassName={button()}
      label={
        <>
          <span className="text-ink-faint">{label}</span> {value} <ChevronDown aria-hidden />
        </>
      }
    >
      {choices.map(({ name, href }) => (
        <MenuChoice
          key={name}
          chosen={name === value}
          onClick={() => router.push(href, { scroll: false })}
        >
          {name}
        </MenuChoice>
      ))}
    </Menu>
  )
}
