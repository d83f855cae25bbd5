import { act, render, screen } from '@testing-library/react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { useLiveUpdates } from '#components/console/use-live-updates'

type Move = { step: string; over: boolean }

/** The browser's end of a stream, which the test speaks into. */
class Stream extends EventTarget {
  static readonly CLOSED = 2
  static all: Stream[] = []
  readyState = 1
  onmessage: ((event: { data: string }) => void) | null = null
  onerror: (() => void) | null = null
  readonly address: string
  constructor(address: string) {
    super()
    this.address = address
    Stream.all.push(this)
  }
  close() {
    this.readyState = Stream.CLOSED
  }
  tell = (move: Move) => act(() => this.onmessage?.({ data: JSON.stringify(move) }))
  breakOff = (readyState: number) =>
    act(() => {
      this.readyState = readyState
      this.onerror?.()
    })
}

let state: () => Response
const asked = vi.fn(async (_: string) => state())

function openPage(over = false) {
  function Page() {
    const { value, connection } = useLiveUpdates<Move>('/console/moves/7', {
      step: 'waiting',
      over,
    })
    return (
      <p role="status">
        {value.step}, {connection}
      </p>
    )
  }
  const page = render(<Page />)
  return { ...page, stream: Stream.all[0] as Stream }
}
const shown = () => screen.getByRole('status').textContent
const later = () => act(() => vi.advanceTimersByTimeAsync(1500))

beforeEach(() => {
  vi.useFakeTimers()
  Stream.all = []
  asked.mockClear()
  state = () => Response.json({ step: 'copying', over: false })
  vi.stubGlobal('EventSource', Stream)
  vi.stubGlobal('fetch', asked)
})

describe('a stream', () => {
  it('starts from what the server wrote, and shows what it is told', () => {
    const { stream } = openPage()
    expect(stream.address).toBe('/console/moves/7/stream')
    expect(shown()).toBe('waiting, live')
    stream.tell({ step: 'copying', over: false })
    expect(shown()).toBe('copying, live')
    stream.tell({ step: 'done', over: true })
    expect(shown()).toBe('done, over')
  })

  it('is left to the browser to take up again after a break', async () => {
    const { stream } = openPage()
    stream.tell({ step: 'copying', over: false })
    stream.breakOff(0)
    await later()
    expect(shown()).toBe('copying, live')
    expect(asked).not.toHaveBeenCalled()
    expect(stream.readyState).toBe(0)
  })

  it('is not taken up again once it is over', () => {
    const { stream } = openPage()
    stream.tell({ step: 'done', over: true })
    stream.breakOff(0)
    expect(stream.readyState).toBe(Stream.CLOSED)
    expect(shown()).toBe('done, over')
  })

  it('ends with the page', () => {
    const { stream, unmount } = openPage()
    unmount()
    expect(stream.readyState).toBe(Stream.CLOSED)
  })
})

describe('where no stream comes through', () => {
  it.each([
    ['nothing was ever heard', false, 0],
    ['the browser has given up', true, Stream.CLOSED],
  ])('asks again and again when %s', async (_, heard, readyState) => {
    const { stream } = openPage()
    if (heard) stream.tell({ step: 'copying', over: false })
    stream.breakOff(readyState)
    expect(shown()).toContain(', polling')
    expect(stream.readyState).toBe(Stream.CLOSED)
    state = () => Response.json({ step: 'checking', over: false })
    await later()
    expect(asked).toHaveBeenLastCalledWith('/console/moves/7/state', { cache: 'no-store' })
    expect(shown()).toBe('checking, polling')
  })

  it('goes on after a failure, and gives up when the thing is gone', async () => {
    const { stream } = openPage()
    stream.breakOff(0)
    state = () => {
      throw new Error('offline')
    }
    await later()
    state = () => new Response(null, { status: 404 })
    await later()
    expect(asked).toHaveBeenCalledTimes(2)
    await later()
    expect(asked).toHaveBeenCalledTimes(2)
    expect(shown()).toBe('waiting, polling')
  })

  it('stops with the page', async () => {
    const { stream, unmount } = openPage()
    stream.breakOff(0)
    unmount()
    await later()
    expect(asked).not.toHaveBeenCalled()
  })

  it('stops asking once it is over', async () => {
    const { stream } = openPage()
    stream.breakOff(0)
    state = () => Response.json({ step: 'done', over: true })
    await later()
    expect(shown()).toBe('done, over')
    await later()
    expect(asked).toHaveBeenCalledTimes(1)
  })
})
