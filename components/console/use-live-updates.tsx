'use client'

import { useEffect, useRef, useState } from 'react'

export type Connection = 'live' | 'polling' | 'over'

const pollEveryMs = 1500

/**
 * Follows what `<address>/stream` tells; where events do not come through, asks `<address>/state`
 * again and again. What the server rendered is the first value, so a reload or a second tab starts
 * where the thing is.
 */
export function useLiveUpdates<T extends { over: boolean }>(
  address: string,
  first: T,
): { value: T; connection: Connection } {
  const [told, setTold] = useState<T | null>(null)
  const [polling, setPolling] = useState(false)
  const value = told ?? first
  const over = useRef(false)
  useEffect(() => {
    over.current = value.over
  }, [value.over])

  useEffect(() => {
    if (polling) return
    const events = new EventSource(`${address}/stream`)
    let heard = false
    events.onmessage = ({ data }: MessageEvent<string>) => {
      heard = true
      setTold(JSON.parse(data) as T)
    }
    events.addEventListener('over', () => events.close())
    events.onerror = () => {
      // the browser reconnects by itself after a break; an answer that is no stream closes for good
      if (over.current) events.close()
      else if (events.readyState === EventSource.CLOSED || !heard) {
        events.close()
        setPolling(true)
      }
    }
    return () => events.close()
  }, [address, polling])

  useEffect(() => {
    if (!polling || value.over) return
    const timer = setInterval(() => {
      void fetch(`${address}/state`, { cache: 'no-store' })
        .then(async (answer) =>
          answer.ok
            ? setTold((await answer.json()) as T)
            : answer.status === 404 && clearInterval(timer),
        )
        .catch(() => {}) // asked again
    }, pollEveryMs)
    return () => clearInterval(timer)
  }, [address, polling, value.over])

  return { value, connection: value.over ? 'over' : polling ? 'polling' : 'live' }
}
