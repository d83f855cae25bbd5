'use client'

import type { Route } from 'next'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { Combobox, type Option } from '#components/ui/combobox'
import { Dialog } from '#components/ui/dialog'

type Props = { commands: Option[]; onClose: () => void }

const matches = (option: Option, words: string[]) =>
  words.every((word) => option.label.toLowerCase().includes(word))

/** Pages and actions by name, orders, customers and products by what is known of them. */
export function Palette({ commands, onClose }: Props) {
  const router = useRouter()
  const [chosen] = useState<Option | null>(null)

  async function search(typed: string, signal: AbortSignal): Promise<Option[]> {
    const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
    const named = commands.filter((command) => matches(command, words))
    if (words.length === 0) return named
    const answer = await fetch(`/find?q=${encodeURIComponent(typed)}`, { signal })
    return answer.ok ? [...named, ...((await answer.json()) as Option[])] : named
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
