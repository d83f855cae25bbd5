import { act, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { useState, type ComponentProps } from 'react'
import { describe, expect, it, vi } from 'vitest'
import { dataOf, isInvalid, valueOf } from '#components/testing/page'
import { Combobox, type Option } from '#components/ui/combobox'

const lamps: Option[] = [
  { value: 'desk', label: 'Desk lamp', hint: 'L-1' },
  { value: 'floor', label: 'Floor lamp', hint: 'L-2' },
  { value: 'sofa', label: 'Sofa', hint: 'S-1' },
]
const find = async (words: string) =>
  lamps.filter(({ label }) => label.toLowerCase().includes(words.trim().toLowerCase()))

type Props = Partial<ComponentProps<typeof Combobox>>

function openForm({ chosen: first = null, ...rest }: Props = {}) {
  const onSubmit = vi.fn((event: { preventDefault: () => void }) => event.preventDefault())
  function Page() {
    const [chosen, setChosen] = useState(first)
    return (
      <form aria-label="Order" onSubmit={onSubmit}>
        <Combobox
          name="productId"
          label="Product"
          placeholder="Find a product"
          chosen={chosen}
          onChoose={setChosen}
          search={find}
          {...rest}
        />
        <label>
          Quantity <input name="quantity" />
        </label>
        <button type="submit">Send</button>
      </form>
    )
  }
  render(<Page />)
  return {
    user: userEvent.setup(),
    onSubmit,
    box: screen.getByRole('combobox', { name: 'Product' }),
    sent: () => dataOf(screen.getByRole('form', { name: 'Order' })).productId,
  }
}

const shown = () => screen.queryAllByRole('option').map((row) => row.textContent)
const active = () => screen.getByRole('option', { selected: true })
/** A search that the test completes, unless it was aborted. */
function slowSearch() {
  const searches: { words: string; signal: AbortSignal; resolve: (options: Option[]) => void }[] =
    []
  const search = (words: string, signal: AbortSignal) =>
    new Promise<Option[]>((resolve) => searches.push({ words, signal, resolve }))
  async function resolveSearch(words: string) {
    const pending = await waitFor(() => {
      const one = searches.find((one) => one.words === words && !one.signal.aborted)
      if (!one) throw new Error(`no search for ${words} is pending`)
      return one
    })
    await act(async () => pending.resolve(await find(words)))
  }
  return { search, resolveSearch }
}
const pause = () => new Promise((resolve) => setTimeout(resolve, 200))

describe('while typing', () => {
  it('shows the matching options with their hints', async () => {
    const { user, box } = openForm()
    await user.type(box, 'lamp')
    await screen.findByRole('option', { name: /Desk lamp/ })
    await waitFor(() => expect(shown()).toEqual(['Desk lampL-1', 'Floor lampL-2']))
    expect(box.getAttribute('aria-expanded')).toBe('true')
  })

  it('searches once for a word, not for each letter', async () => {
    const search = vi.fn(find)
    const { box } = openForm({ search })
    for (const value of ['s', 'so', 'sof', 'sofa']) fireEvent.change(box, { target: { value } })
    await screen.findByRole('option', { name: /Sofa/ })
    expect(search.mock.calls.map(([words]) => words)).toEqual(['sofa'])
  })

  it('aborts a search when more is typed', async () => {
    const signals: AbortSignal[] = []
    const search = (_: string, signal: AbortSignal) => {
      signals.push(signal)
      return new Promise<Option[]>(() => {})
    }
    const { user, box } = openForm({ search })
    await user.click(box)
    await user.paste('de')
    await waitFor(() => expect(signals).toHaveLength(1))
    await user.type(box, 's')
    expect(signals[0]?.aborted).toBe(true)
  })

  it('says that a search has failed, and shows the results of the next one', async () => {
    const search = vi.fn(find).mockRejectedValueOnce(new Error('offline'))
    const { user, box } = openForm({ search })
    await user.click(box)
    expect((await screen.findByRole('status')).textContent).toContain('The search failed.')
    expect(box.getAttribute('aria-expanded')).toBe('false')
    await user.type(box, 'lamp')
    await screen.findByRole('option', { name: /Desk lamp/ })
    expect(screen.queryByRole('status')).toBeNull()
  })

  it('says that nothing matches, and shows no list', async () => {
    const { user, box, sent } = openForm()
    await user.type(box, 'piano')
    expect((await screen.findByRole('status')).textContent).toBe('Nothing fits.')
    expect(screen.queryByRole('listbox')).toBeNull()
    expect(box.getAttribute('aria-expanded')).toBe('false')
    await user.keyboard('{ArrowDown}{Enter}')
    expect(sent()).toBe('')
  })
})

describe('by keyboard', () => {
  it('moves through the list with the arrows, around both ends', async () => {
    const { user, box } = openForm()
    await user.click(box)
    await screen.findByRole('option', { name: /Desk lamp/ })
    expect(active().textContent).toContain('Desk lamp')
    await user.keyboard('{ArrowDown}')
    expect(active().textContent).toContain('Floor lamp')
    expect(box.getAttribute('aria-activedescendant')).toBe(active().id)
    await user.keyboard('{ArrowDown}{ArrowDown}')
    expect(active().textContent).toContain('Desk lamp')
    await user.keyboard('{ArrowUp}')
    expect(active().textContent).toContain('Sofa')
    expect(document.activeElement).toBe(box)
  })

  it('picks the active option on Enter, without submitting the form', async () => {
    const { user, box, sent, onSubmit } = openForm()
    await user.type(box, 'lamp')
    await screen.findByRole('option', { name: /Floor lamp/ })
    await user.keyboard('{ArrowDown}{Enter}')
    expect(valueOf(box)).toBe('Floor lamp')
    expect(sent()).toBe('floor')
    expect(screen.queryByRole('listbox')).toBeNull()
    expect(onSubmit).not.toHaveBeenCalled()
  })

  it('leaves Enter to the form while the list is closed', async () => {
    const { user, box, onSubmit } = openForm()
    await user.tab()
    expect(document.activeElement).toBe(box)
    await user.keyboard('{Enter}')
    expect(onSubmit).toHaveBeenCalledOnce()
  })

  it('opens the list on an arrow', async () => {
    const { user } = openForm()
    await user.tab()
    await pause()
    expect(shown()).toEqual([])
    await user.keyboard('{ArrowDown}')
    expect(await screen.findAllByRole('option')).toHaveLength(3)
  })

  it('picks the first option when Enter was pressed before the results arrived', async () => {
    const { search, resolveSearch } = slowSearch()
    const { user, box, sent } = openForm({ search })
    await user.type(box, 'flo{Enter}')
    expect(sent()).toBe('')
    await resolveSearch('flo')
    expect(sent()).toBe('floor')
    expect(valueOf(box)).toBe('Floor lamp')
  })

  it.each([
    ['Escape', '{Escape}'],
    ['Tab', '{Tab}'],
  ])('forgets an early Enter on %s', async (_, key) => {
    const { search, resolveSearch } = slowSearch()
    const { user, box, sent } = openForm({ search })
    await user.type(box, `flo{Enter}${key}`)
    await user.click(box)
    await resolveSearch('flo')
    expect(screen.getByRole('option', { name: /Floor lamp/ })).toBeDefined()
    expect(sent()).toBe('')
  })

  it('forgets an early Enter when more is typed', async () => {
    const { search, resolveSearch } = slowSearch()
    const { user, box, sent } = openForm({ search })
    await user.type(box, 'd{Enter}e')
    await resolveSearch('de')
    expect(screen.getByRole('option', { name: /Desk lamp/ })).toBeDefined()
    expect(sent()).toBe('')
    expect(valueOf(box)).toBe('de')
  })

  it('closes on Escape, and keeps what was typed', async () => {
    const { user, box, sent } = openForm()
    await user.type(box, 'lamp')
    await screen.findByRole('option', { name: /Desk lamp/ })
    await user.keyboard('{Escape}')
    expect(screen.queryByRole('listbox')).toBeNull()
    expect(valueOf(box)).toBe('lamp')
    expect(sent()).toBe('')
  })

  it('picks an option whose full name was typed, on Tab', async () => {
    const { user, box, sent } = openForm()
    await user.type(box, 'desk LAMP')
    await screen.findByRole('option', { name: /Desk lamp/ })
    await user.tab()
    expect(valueOf(box)).toBe('Desk lamp')
    expect(sent()).toBe('desk')
    expect(document.activeElement).toBe(screen.getByRole('textbox', { name: 'Quantity' }))
  })

  it('picks nothing on Tab after half a name', async () => {
    const { user, box, sent } = openForm()
    await user.type(box, 'desk')
    await screen.findByRole('option', { name: /Desk lamp/ })
    await user.tab()
    expect(screen.queryByRole('listbox')).toBeNull()
    expect(valueOf(box)).toBe('desk')
    expect(sent()).toBe('')
  })
})

describe('a chosen option', () => {
  it('is picked by a click, and submitted with the form', async () => {
    const { user, box, sent } = openForm()
    await user.click(box)
    await user.click(await screen.findByRole('option', { name: /Sofa/ }))
    expect(valueOf(box)).toBe('Sofa')
    expect(sent()).toBe('sofa')
    expect(document.activeElement).toBe(box)
  })

  it('is cleared by typing over it', async () => {
    const { user, box, sent } = openForm({ chosen: { value: 'sofa', label: 'Sofa' } })
    expect(sent()).toBe('sofa')
    await user.type(box, '{End} bed')
    expect(valueOf(box)).toBe('Sofa bed')
    expect(sent()).toBe('')
  })

  it('has its text selected on focus, so that typing replaces it', async () => {
    const { user, box, sent } = openForm({ chosen: { value: 'sofa', label: 'Sofa' } })
    await user.tab()
    await user.keyboard('floor')
    await screen.findByRole('option', { name: /Floor lamp/ })
    await user.keyboard('{Enter}')
    expect(valueOf(box)).toBe('Floor lamp')
    expect(sent()).toBe('floor')
  })
})

describe('an option that does not exist yet', () => {
  it('can be created with the typed name', async () => {
    const onCreate = vi.fn()
    const { user, box } = openForm({ onCreate })
    await user.type(box, ' lamp ')
    await screen.findByRole('option', { name: 'Create “lamp”' })
    await user.keyboard('{ArrowUp}{Enter}')
    expect(onCreate).toHaveBeenCalledExactlyOnceWith('lamp')
    expect(screen.queryByRole('listbox')).toBeNull()
  })

  it('is picked by Enter when nothing matches', async () => {
    const onCreate = vi.fn()
    const { user, box } = openForm({ onCreate })
    await user.type(box, 'Piano')
    await screen.findByRole('option', { name: 'Create “Piano”' })
    expect(screen.queryByText('Nothing fits.')).toBeNull()
    await user.keyboard('{Enter}')
    expect(onCreate).toHaveBeenCalledExactlyOnceWith('Piano')
  })

  it('is not offered before anything is typed', async () => {
    const { user, box } = openForm({ onCreate: vi.fn() })
    await user.click(box)
    await screen.findByRole('option', { name: /Sofa/ })
    expect(shown()).toHaveLength(3)
  })
})

it('stays open when it is inline', async () => {
  const { user, box } = openForm({ inline: true })
  expect(await screen.findAllByRole('option')).toHaveLength(3)
  await user.type(box, 'sofa')
  await waitFor(() => expect(shown()).toEqual(['SofaS-1']))
  await user.keyboard('{Escape}')
  await user.tab()
  expect(within(screen.getByRole('listbox')).getAllByRole('option')).toHaveLength(1)
})

it('is marked as invalid and described', () => {
  const { box } = openForm({ invalid: true, describedBy: 'why' })
  expect(isInvalid(box)).toBe(true)
  expect(box.getAttribute('aria-describedby')).toBe('why')
})

describe('with an input method', () => {
  it.each([{ isComposing: true }, { keyCode: 229 }])(
    'keys of a composition choose, move and close nothing: %o',
    async (mark) => {
      const { user, box, sent } = openForm()
      await user.type(box, 'lamp')
      await screen.findByRole('option', { name: /Desk lamp/ })
      const before = active().textContent
      for (const key of ['ArrowDown', 'Enter', 'Escape']) fireEvent.keyDown(box, { key, ...mark })
      expect(sent()).toBe('')
      expect(active().textContent).toBe(before)
      expect(box.getAttribute('aria-expanded')).toBe('true')
      fireEvent.keyDown(box, { key: 'Enter' })
      expect(sent()).toBe('desk')
    },
  )
})
