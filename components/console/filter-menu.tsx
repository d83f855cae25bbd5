'use client'

import { ChevronDown } from 'lucide-react'
import type { Route } from 'next'
import { useRouter } from 'next/navigation'
import { button } from '#components/ui/button'
import { Menu, MenuChoice } from '#components/ui/menu'

type Props = { label: string; choices: { name: string; href: Route; current: boolean }[] }

/** Picks one of a few filter values; each has its own address. */
export function FilterMenu({ label, choices }: Props) {
  const router = useRouter()
  const value = choices.find(({ current }) => current)?.name
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
      {choices.map(({ name, href, current }) => (
        <MenuChoice
          key={name}
          chosen={current}
          onClick={() => router.push(href, { scroll: false })}
        >
          {name}
        </MenuChoice>
      ))}
    </Menu>
  )
}
