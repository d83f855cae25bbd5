'use client'

import type { Route } from 'next'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { Combobox, type Option } from '#components/ui/combobox'
import { fetchOptions } from '#components/ui/fetch-options'
import { Dialog } from '#components/ui/dialog'

type Props = { commands: Option[]; onClose: () => void }

const matches = (option: Option, words: string[]) =>
  words.every((word) => option.label.toLowerCase().includes(word))

/** Finds pages and commands by name, and orders, customers and products by their contents. */
export function Palette({ commands, onClose }: Props) {
  const router = useRouter()
  const [chosen] = useState<Option | null>(null)

  async function search(typed: string, signal: AbortSignal): Promise<Option[]> {
    const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
    const matching = commands.filter((command) => matches(command, words))
    if (words.length === 0) return matching
    // if the search fails, the commands still work
    const found = await fetchOptions<Option>('/find', typed, signal).catch(() => [])
    return [...matching, ...found]
  }

  return (
    <Dialog open onClose={onClose} title="Find anything" shape="palette">
      <div className="h-96 max-h-[60dvh] px-3 pt-3">
        <Combobox
          name="find"
          label="Find a page, an order, a customer or a product"
          placeholder="A page, an order number, a customer, a product"
          chosen={chosen}
          search={search}
          inline
          onChoose={(option) => {
            if (!option) return
            onClose()
            router.push(option.value as Route)
          }}
        />
      </div>
    </Dialog>
  )
}
