import { useEffect, useEffectEvent, useRef, useState } from 'react'

const debounceMs = 120

type OptionSearch<O> = {
  /** Null while nothing is typed. */
  query: string | null
  open: boolean
  search: (words: string, signal: AbortSignal) => Promise<O[]>
  onResults: () => void
  onPick: (option: O) => void
}

/** Searches while the list is open, once typing pauses. */
export function useOptionSearch<O>({ query, open, search, onResults, onPick }: OptionSearch<O>) {
  const [results, setResults] = useState<{ query: string; options: O[] } | null>(null)
  const picksFirst = useRef(false)
  const startSearch = useEffectEvent(search)
  const showResults = useEffectEvent((query: string, options: O[]) => {
    setResults({ query, options })
    onResults()
    // Enter came before the answer: it meant the first one
    if (picksFirst.current && options[0]) onPick(options[0])
    picksFirst.current = false
  })

  useEffect(() => {
    if (!open) return
    const words = query ?? ''
    const controller = new AbortController()
    const timer = setTimeout(() => {
      startSearch(words, controller.signal).then(
        (options) => showResults(words, options),
        () => {},
      )
    }, debounceMs)
    return () => {
      clearTimeout(timer)
      controller.abort()
      // it was meant for these words: closing the list or typing on takes it back
      picksFirst.current = false
    }
  }, [open, query])

  return {
    options: results?.options ?? [],
    answered: results?.query === (query ?? ''),
    pickFirstResult: () => {
      picksFirst.current = true
    },
  }
}
