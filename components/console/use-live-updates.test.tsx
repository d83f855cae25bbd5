import { act, render, screen } from '@testing-library/react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { useLiveUpdates } from '#components/console/use-live-updates'

type TestState = { step: string; over: boolean }

/** An EventSource whose events the test sends. */
class Stream extends EventTarget {
  static readonly CLOSED = 2
  static all: Stream[] = []
  readyState = 1
  onmessage: ((event: { data: string }) => void) | null = null
  onerror: (() => void) | null = null
  readonly url: string
  constructor(url: string) {
    super()
    this.url = url
    Stream.all.push(this)
  }
  close() {
    this.readyState = Stream.CLOSED
  }
  send = (state: TestState) => act(() => this.onmessage?.({ data: JSON.stringify(state) }))
  fail = (readyState: number) =>
    act(() => {
      this.readyState = readyState
      this.onerror?.()
    })
}

let state: () => Response
const fetched = vi.fn(async (_: string) => state())

function openPage(over = false) {
  function Page() {
    const { value, connection } = useLiveUpdates<TestState>('/console/moves/7', {
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
  fetched.mockClear()
  state = () => Response.json({ step: 'copying', over: false })
  vi.stubGlobal('EventSource', Stream)
  vi.stubGlobal('fetch', fetched)
})

describe('the stream', () => {
  it('starts from the rendered state, and shows each state that arrives', () => {
    const { stream } = openPage()
    expect(stream.url).toBe('/console/moves/7/stream')
    expect(shown()).toBe('waiting, live')
    stream.send({ step: 'copying', over: false })
    expect(shown()).toBe('copying, live')
    stream.send({ step: 'done', over: true })
    expect(shown()).toBe('done, over')
  })

  it('is reconnected by the browser, without polling, after it breaks', async () => {
    const { stream } = openPage()
    stream.send({ step: 'copying', over: false })
    stream.fail(0)
    await later()
    expect(shown()).toBe('copying, live')
    expect(fetched).not.toHaveBeenCalled()
    expect(stream.readyState).toBe(0)
  })

  it('is closed when it breaks after the end', () => {
    const { stream } = openPage()
    stream.send({ step: 'done', over: true })
    stream.fail(0)
    expect(stream.readyState).toBe(Stream.CLOSED)
    expect(shown()).toBe('done, over')
  })

  it('is closed when the page is left', () => {
    const { stream, unmount } = openPage()
    unmount()
    expect(stream.readyState).toBe(Stream.CLOSED)
  })
})

describe('polling', () => {
  it.each([
    ['no event ever arrived', false, 0],
    ['the browser has closed the stream', true, Stream.CLOSED],
  ])('starts when %s', async (_, hasEvents, readyState) => {
    const { stream } = openPage()
    if (hasEvents) stream.send({ step: 'copying', over: false })
    stream.fail(readyState)
    expect(shown()).toContain(', polling')
    expect(stream.readyState).toBe(Stream.CLOSED)
    state = () => Response.json({ step: 'checking', over: false })
    await later()
    expect(fetched).toHaveBeenLastCalledWith('/console/moves/7/state', { cache: 'no-store' })
    expect(shown()).toBe('checking, polling')
  })

  it('continues after a failure, and stops at a 404', async () => {
    const { stream } = openPage()
    stream.fail(0)
    state = () => {
      throw new Error('offline')
    }
    await later()
    state = () => new Response(null, { status: 404 })
    await later()
    expect(fetched).toHaveBeenCalledTimes(2)
    await later()
    expect(fetched).toHaveBeenCalledTimes(2)
    expect(shown()).toBe('waiting, polling')
  })

  it('stops when the page is left', async () => {
    const { stream, unmount } = openPage()
    stream.fail(0)
    unmount()
    await later()
    expect(fetched).not.toHaveBeenCalled()
  })

  it('stops once the state is over', async () => {
    const { stream } = openPage()
    stream.fail(0)
    state = () => Response.json({ step: 'done', over: true })
    await later()
    expect(shown()).toBe('done, over')
    await later()
    expect(fetched).toHaveBeenCalledTimes(1)
  })
})
