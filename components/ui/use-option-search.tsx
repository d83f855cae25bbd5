import { useEffect, useEffectEvent, useRef, useState } from 'react'

const debounceMs = 120

type OptionSearch<O> = {
  /** Null until something is typed. */
  query: string | null
  open: boolean
  search: (words: string, signal: AbortSignal) => Promise<O[]>
  onResults: () => void
  onPick: (option: O) => void
}

/**
 * Searches while the list is open, once typing pauses.
 * @returns The latest results, whether they are those of the current query, and whether the search
 *   for the current query has failed.
 */
export function useOptionSearch<O>({ query, open, search, onResults, onPick }: OptionSearch<O>) {
  const [results, setResults] = useState<{ query: string; options: O[] } | null>(null)
  const [failedQuery, setFailedQuery] = useState<string | null>(null)
  const picksFirst = useRef(false)
  const startSearch = useEffectEvent(search)
  const showResults = useEffectEvent((query: string, options: O[]) => {
    setResults({ query, options })
    setFailedQuery(null)
    onResults()
    // Enter was pressed before the results arrived, so it picks the first one
    if (picksFirst.current && options[0]) onPick(options[0])
    picksFirst.current = false
  })

  useEffect(() => {
    if (!open) return
    const words = query ?? ''
    const controller = new AbortController()
    const timer = setTimeout(() => {
      startSearch(words, controller.signal).then(
        (options) => {
          if (!controller.signal.aborted) showResults(words, options)
        },
        () => {
          // an aborted search has not failed: a newer one replaces it, or the list is closed
          if (!controller.signal.aborted) setFailedQuery(words)
        },
      )
    }, debounceMs)
    return () => {
      clearTimeout(timer)
      controller.abort()
      // Enter was meant for these words: closing the list or typing on cancels it
      picksFirst.current = false
    }
  }, [open, query])

  return {
    options: results?.options ?? [],
    isCurrent: results?.query === (query ?? ''),
    failed: failedQuery === (query ?? ''),
    pickFirstResult: () => {
      picksFirst.current = true
    },
  }
}
