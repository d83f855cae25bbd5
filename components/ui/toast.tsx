'use client'

import { X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'

type Message = { id: number; text: string }
const shownMs = 6000
let next = 0
let show: ((message: Message) => void) | undefined

export function toast(text: string) {
  show?.({ id: ++next, text })
}

/** The app's live region. It is a popover, so that toasts are shown above an open dialog. */
export function Toaster() {
  const [messages, setMessages] = useState<Message[]>([])
  const region = useRef<HTMLDivElement>(null)

  useEffect(() => {
    show = (message) => {
      setMessages((all) => [...all.slice(-2), message])
      setTimeout(() => setMessages((all) => all.filter((one) => one.id !== message.id)), shownMs)
    }
    return () => void (show = undefined)
  }, [])

  useEffect(() => {
    if (messages.length === 0) return
    region.current?.hidePopover()
    region.current?.showPopover()
  }, [messages])

  return (
    <div aria-live="polite">
      <div
        ref={region}
        popover="manual"
        className="fixed right-4 bottom-20 left-4 gap-2 bg-transparent sm:bottom-4 sm:left-auto [&:popover-open]:grid"
      >
        {messages.map((message) => (
          <div
            key={message.id}
            className="enter flex items-center gap-3 rounded-lg bg-ink py-2.5 pr-2 pl-4 text-canvas shadow-float sm:min-w-72"
          >
            <span className="min-w-0 grow wrap-anywhere">{message.text}</span>
            <button
              type="button"
              className="grid size-7 place-items-center rounded-md hover:opacity-70"
              onClick={() => setMessages((all) => all.filter((one) => one !== message))}
            >
              <X aria-hidden className="size-4" />
              <span className="sr-only">Dismiss</span>
            </button>
          </div>
        ))}
      </div>
    </div>
  )
}
