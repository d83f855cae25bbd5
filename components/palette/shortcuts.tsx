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

type Shown = 'palette' | 'help' | null
export type Shortcut = { key: string; label: string; href: string }

/** How long `G` waits for the second key. */
const sequenceMs = 1200
const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName))

/** The command palette and the keyboard shortcuts. Shortcuts do not apply while typing in a field. */
export function Shortcuts({
  destinations,
  mayWrite,
}: {
  destinations: Shortcut[]
  mayWrite: boolean
}) {
  const [shown, setShown] = useState<Shown>(null)
  useShortcuts({ destinations, mayWrite, shown, setShown })

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

type ShortcutOptions = {
  destinations: Shortcut[]
  mayWrite: boolean
  shown: Shown
  setShown: (shown: Shown) => void
}

function useShortcuts({ destinations, mayWrite, shown, setShown }: ShortcutOptions) {
  const router = useRouter()
  const sequenceEnds = useRef(0)

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
        isTyping(event.target) ||
        document.querySelector('dialog[open]')
      )
        return
      const inSequence = event.timeStamp < sequenceEnds.current
      sequenceEnds.current = !inSequence && event.key === 'g' ? event.timeStamp + sequenceMs : 0
      const destination = inSequence ? destinations.find(({ key }) => key === event.key) : undefined
      const search = event.key === '/' ? document.querySelector<HTMLElement>('[data-search]') : null
      if (destination) router.push(destination.href as Route)
      else if (search) search.focus()
      else if (event.key === '/') setShown('palette')
      else if (event.key === '?') setShown('help')
      else if (event.key === 'n' && !inSequence && mayWrite) router.push('/orders/new')
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
  }, [destinations, mayWrite, router, shown, setShown])
}
