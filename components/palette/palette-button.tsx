'use client'

import { Search } from 'lucide-react'
import { Kbd } from '#components/ui/kbd'

export const paletteEvent = 'rowhouse-palette'

export function PaletteButton() {
  return (
    <button
      type="button"
      onClick={() => document.dispatchEvent(new Event(paletteEvent))}
      className="flex items-center gap-2 rounded-md text-ink-faint transition-colors hover:text-ink max-lg:size-9 max-lg:justify-center lg:h-9 lg:w-full lg:border lg:border-line lg:bg-raised lg:px-2.5 lg:text-sm"
    >
      <Search aria-hidden className="size-4 max-lg:size-5" />
      <span className="grow text-left max-lg:sr-only">Find anything</span>
      <span aria-hidden className="flex gap-0.5 max-lg:hidden">
        <Kbd>Ctrl</Kbd>
        <Kbd>K</Kbd>
      </span>
    </button>
  )
}
