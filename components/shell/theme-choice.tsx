'use client'

import { Check, Monitor, Moon, Sun } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import { MenuChoice } from '#components/ui/menu'

const themes = [
  { name: 'system', label: 'As the system', icon: Monitor },
  { name: 'light', label: 'Light', icon: Sun },
  { name: 'dark', label: 'Dark', icon: Moon },
] as const
type Theme = (typeof themes)[number]['name']

/** Stored in a cookie, so that the server renders the theme and nothing flashes. */
export function ThemeChoice() {
  const chosen = useSyncExternalStore<Theme>(subscribe, current, () => 'system')

  function choose(next: Theme) {
    document.cookie = `theme=${next}; path=/; max-age=${next === 'system' ? 0 : 31_536_000}; samesite=lax`
    if (next === 'system') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = next
  }

  return (
    <div role="group" aria-label="Theme">
      {themes.map(({ name, label, icon: Icon }) => (
        <MenuChoice key={name} chosen={name === chosen} onClick={() => choose(name)}>
          <Icon aria-hidden />
          <span className="grow">{label}</span>
          {name === chosen && <Check aria-hidden />}
        </MenuChoice>
      ))}
    </div>
  )
}

const current = () => (document.documentElement.dataset.theme as Theme | undefined) ?? 'system'

/** A page has two of these menus, for wide screens and for phones: both follow the attribute. */
function subscribe(changed: () => void) {
  const observer = new MutationObserver(changed)
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  return () => observer.disconnect()
}
