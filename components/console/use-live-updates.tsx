'use client'

import { useEffect, useRef, useState } from 'react'

export type LiveConnection = 'live' | 'polling' | 'over'

const pollEveryMs = 1500

/**
 * Follows a state over server-sent events, and falls back to polling where no events arrive.
 * @param path - Has the routes `<path>/stream` (events) and `<path>/state` (JSON).
 * @param first - The state that the server rendered, so that a reload shows the current one.
 * @returns The newest state, and how it is updated.
 */
export function useLiveUpdates<T extends { over: boolean }>(
  path: string,
  first: T,
): { value: T; connection: LiveConnection } {
  const [received, setReceived] = useState<T | null>(null)
  const [polling, setPolling] = useState(false)
  const value = received ?? first
  const over = useRef(false)
  useEffect(() => {
    over.current = value.over
  }, [value.over])

  useEffect(() => {
    if (polling) return
    const events = new EventSource(`${path}/stream`)
    let hasEvents = false
    events.onmessage = ({ data }: MessageEvent<string>) => {
      hasEvents = true
      setReceived(JSON.parse(data) as T)
    }
    events.addEventListener('over', () => events.close())
    events.onerror = () => {
      // the browser reconnects by itself, unless the response was no event stream
      if (over.current) events.close()
      else if (events.readyState === EventSource.CLOSED || !hasEvents) {
        events.close()
        setPolling(true)
      }
    }
    return () => events.close()
  }, [path, polling])

  useEffect(() => {
    if (!polling || value.over) return
    const timer = setInterval(() => {
      void fetch(`${path}/state`, { cache: 'no-store' })
        .then(async (response) =>
          response.ok
            ? setReceived((await response.json()) as T)
            : response.status === 404 && clearInterval(timer),
        )
        .catch(() => {}) // offline: the next poll tries again
    }, pollEveryMs)
    return () => clearInterval(timer)
  }, [path, polling, value.over])

  const connection = polling ? 'polling' : 'live'
  return { value, connection: value.over ? 'over' : connection }
}
