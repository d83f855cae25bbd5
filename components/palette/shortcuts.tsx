'use client'

import type { Route } from 'next'
import dynamic from 'next/dynamic'
import { useRouter } from 'next/navigation'
import { useEffect, useRef, useState } from 'react'
import { paletteEvent } from '#components/palette/palette-button'
import type { Option } from '#components/ui/combobox'

const Palette = dynamic(
  () => import('#components/palette/palette').then((module) => module.Palette),
  { ssr: false },
)
const ShortcutHelp = dynamic(
  () => import('#components/palette/shortcut-help').then((module) => module.ShortcutHelp),
  { ssr: false },
)

export type Shortcut = { key: string; label: string; href: string }

const waitMs = 1200
const writing = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName))

/** The command palette, and the keys that work everywhere but while one writes. */
export function Shortcuts({
  destinations,
  mayWrite,
}: {
  destinations: Shortcut[]
  mayWrite: boolean
}) {
  const router = useRouter()
  const [shown, setShown] = useState<'palette' | 'help' | null>(null)
  const goUntil = useRef(0)

  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        setShown('palette')
        return
      }
      if (
        shown ||
        event.metaKey ||
        event.ctrlKey ||
        event.altKey ||
        writing(event.target) ||
        document.querySelector('dialog[open]')
      )
        return
      const going = event.timeStamp < goUntil.current
      goUntil.current = !going && event.key === 'g' ? event.timeStamp + waitMs : 0
      const destination = going ? destinations.find(({ key }) => key === event.key) : undefined
      const search = event.key === '/' ? document.querySelector<HTMLElement>('[data-search]') : null
      if (destination) router.push(destination.href as Route)
      else if (search) search.focus()
      else if (event.key === '/') setShown('palette')
      else if (event.key === '?') setShown('help')
      else if (event.key === 'n' && !going && mayWrite) router.push('/orders/new')
      else return
      event.preventDefault()
    }
    const onPalette = () => setShown('palette')
    document.addEventListener('keydown', onKeyDown)
    document.addEventListener(paletteEvent, onPalette)
    return () => {
      document.removeEventListener('keydown', onKeyDown)
      document.removeEventListener(paletteEvent, onPalette)
    }
  }, [destinations, mayWrite, router, shown])

  const commands: Option[] = [
    ...(mayWrite ? [{ value: '/orders/new', label: 'New order', hint: 'N' }] : []),
    ...destinations.map(({ key, label, href }) => ({
      value: href,
      label,
      hint: `G then ${key.toUpperCase()}`,
    })),
  ]
  return (
    <>
      {shown === 'palette' && <Palette commands={commands} onClose={() => setShown(null)} />}
      {shown === 'help' && (
        <ShortcutHelp
          destinations={destinations}
          mayWrite={mayWrite}
          onClose={() => setShown(null)}
        />
      )}
    </>
  )
}
