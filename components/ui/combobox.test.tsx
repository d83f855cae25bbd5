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
const marked = () => screen.getByRole('option', { selected: true })
/** A search that answers when it is told to, if the question still stands. */
function slowSearch() {
  const asked: { words: string; signal: AbortSignal; resolve: (options: Option[]) => void }[] = []
  const search = (words: string, signal: AbortSignal) =>
    new Promise<Option[]>((resolve) => asked.push({ words, signal, resolve }))
  async function answer(words: string) {
    const standing = await waitFor(() => {
      const one = asked.find((one) => one.words === words && !one.signal.aborted)
      if (!one) throw new Error(`nobody waits for ${words}`)
      return one
    })
    await act(async () => standing.resolve(await find(words)))
  }
  return { search, answer }
}
const settle = () => new Promise((resolve) => setTimeout(resolve, 200))

describe('while one types', () => {
  it('shows what fits, with its hint', async () => {
    const { user, box } = openForm()
    await user.type(box, 'lamp')
    await screen.findByRole('option', { name: /Desk lamp/ })
    await waitFor(() => expect(shown()).toEqual(['Desk lampL-1', 'Floor lampL-2']))
    expect(box.getAttribute('aria-expanded')).toBe('true')
  })

  it('asks for the whole word, not for each letter of it', async () => {
    const search = vi.fn(find)
    const { box } = openForm({ search })
    for (const value of ['s', 'so', 'sof', 'sofa']) fireEvent.change(box, { target: { value } })
    await screen.findByRole('option', { name: /Sofa/ })
    expect(search.mock.calls.map(([words]) => words)).toEqual(['sofa'])
  })

  it('gives up a question once it is no longer wanted', async () => {
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

  it('says that nothing fits, and shows no list', async () => {
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
  it('walks through the list with the arrows, round at both ends', async () => {
    const { user, box } = openForm()
    await user.click(box)
    await screen.findByRole('option', { name: /Desk lamp/ })
    expect(marked().textContent).toContain('Desk lamp')
    await user.keyboard('{ArrowDown}')
    expect(marked().textContent).toContain('Floor lamp')
    expect(box.getAttribute('aria-activedescendant')).toBe(marked().id)
    await user.keyboard('{ArrowDown}{ArrowDown}')
    expect(marked().textContent).toContain('Desk lamp')
    await user.keyboard('{ArrowUp}')
    expect(marked().textContent).toContain('Sofa')
    expect(document.activeElement).toBe(box)
  })

  it('takes the marked one on Enter, and does not send the form with it', async () => {
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
    await settle()
    expect(shown()).toEqual([])
    await user.keyboard('{ArrowDown}')
    expect(await screen.findAllByRole('option')).toHaveLength(3)
  })

  it('takes the first one when Enter comes before the answer', async () => {
    const { search, answer } = slowSearch()
    const { user, box, sent } = openForm({ search })
    await user.type(box, 'flo{Enter}')
    expect(sent()).toBe('')
    await answer('flo')
    expect(sent()).toBe('floor')
    expect(valueOf(box)).toBe('Floor lamp')
  })

  it.each([
    ['Escape', '{Escape}'],
    ['Tab', '{Tab}'],
  ])('forgets an Enter without an answer on %s', async (_, key) => {
    const { search, answer } = slowSearch()
    const { user, box, sent } = openForm({ search })
    await user.type(box, `flo{Enter}${key}`)
    await user.click(box)
    await answer('flo')
    expect(screen.getByRole('option', { name: /Floor lamp/ })).toBeDefined()
    expect(sent()).toBe('')
  })

  it('forgets an Enter without an answer when one types on', async () => {
    const { search, answer } = slowSearch()
    const { user, box, sent } = openForm({ search })
    await user.type(box, 'd{Enter}e')
    await answer('de')
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

  it('takes a name that was typed in full when one tabs on', async () => {
    const { user, box, sent } = openForm()
    await user.type(box, 'desk LAMP')
    await screen.findByRole('option', { name: /Desk lamp/ })
    await user.tab()
    expect(valueOf(box)).toBe('Desk lamp')
    expect(sent()).toBe('desk')
    expect(document.activeElement).toBe(screen.getByRole('textbox', { name: 'Quantity' }))
  })

  it('takes nothing when one tabs on from half a name', async () => {
    const { user, box, sent } = openForm()
    await user.type(box, 'desk')
    await screen.findByRole('option', { name: /Desk lamp/ })
    await user.tab()
    expect(screen.queryByRole('listbox')).toBeNull()
    expect(valueOf(box)).toBe('desk')
    expect(sent()).toBe('')
  })
})

describe('what was chosen', () => {
  it('is taken by a click, and goes with the form', async () => {
    const { user, box, sent } = openForm()
    await user.click(box)
    await user.click(await screen.findByRole('option', { name: /Sofa/ }))
    expect(valueOf(box)).toBe('Sofa')
    expect(sent()).toBe('sofa')
    expect(document.activeElement).toBe(box)
  })

  it('is taken back by typing over it', async () => {
    const { user, box, sent } = openForm({ chosen: { value: 'sofa', label: 'Sofa' } })
    expect(sent()).toBe('sofa')
    await user.type(box, '{End} bed')
    expect(valueOf(box)).toBe('Sofa bed')
    expect(sent()).toBe('')
  })

  it('is selected when one comes to it, so that typing replaces it', async () => {
    const { user, box, sent } = openForm({ chosen: { value: 'sofa', label: 'Sofa' } })
    await user.tab()
    await user.keyboard('floor')
    await screen.findByRole('option', { name: /Floor lamp/ })
    await user.keyboard('{Enter}')
    expect(valueOf(box)).toBe('Floor lamp')
    expect(sent()).toBe('floor')
  })
})

describe('what is not there yet', () => {
  it('can be made under the name that was typed', async () => {
    const onCreate = vi.fn()
    const { user, box } = openForm({ onCreate })
    await user.type(box, ' lamp ')
    await screen.findByRole('option', { name: 'Create “lamp”' })
    await user.keyboard('{ArrowUp}{Enter}')
    expect(onCreate).toHaveBeenCalledExactlyOnceWith('lamp')
    expect(screen.queryByRole('listbox')).toBeNull()
  })

  it('is offered by Enter when nothing else fits', async () => {
    const onCreate = vi.fn()
    const { user, box } = openForm({ onCreate })
    await user.type(box, 'Piano')
    await screen.findByRole('option', { name: 'Create “Piano”' })
    expect(screen.queryByText('Nothing fits.')).toBeNull()
    await user.keyboard('{Enter}')
    expect(onCreate).toHaveBeenCalledExactlyOnceWith('Piano')
  })

  it('is not offered before a word was typed', async () => {
    const { user, box } = openForm({ onCreate: vi.fn() })
    await user.click(box)
    await screen.findByRole('option', { name: /Sofa/ })
    expect(shown()).toHaveLength(3)
  })
})

it('stands open for good when it is inline', async () => {
  const { user, box } = openForm({ inline: true })
  expect(await screen.findAllByRole('option')).toHaveLength(3)
  await user.type(box, 'sofa')
  await waitFor(() => expect(shown()).toEqual(['SofaS-1']))
  await user.keyboard('{Escape}')
  await user.tab()
  expect(within(screen.getByRole('listbox')).getAllByRole('option')).toHaveLength(1)
})

it('is marked and described when it was refused', () => {
  const { box } = openForm({ invalid: true, describedBy: 'why' })
  expect(isInvalid(box)).toBe(true)
  expect(box.getAttribute('aria-describedby')).toBe('why')
})
