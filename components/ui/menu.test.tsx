import { screen } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import { ActionMenuItem } from '#components/forms/action-menu-item'
import { renderPage, fakeAction } from '#components/testing/page'
import { Menu, MenuItem, MenuLink } from '#components/ui/menu'

async function openMenu() {
  const onEdit = vi.fn()
  const duplicate = fakeAction()
  const { user } = renderPage(
    <Menu name="More" label={null} buttonClassName="">
      <MenuItem onClick={onEdit}>Edit</MenuItem>
      <MenuItem disabled>Archive</MenuItem>
      <ActionMenuItem action={duplicate.action} input={{ id: 'o1' }} done="It is duplicated.">
        Duplicate
      </ActionMenuItem>
      <MenuLink href="/orders/export">Export</MenuLink>
    </Menu>,
  )
  await user.click(opener())
  return { user, onEdit, duplicate }
}

const opener = () => screen.getByRole('button', { name: 'More' })
const focused = () => document.activeElement?.textContent
const isOpen = () => screen.queryByRole('menu') !== null

describe('by keyboard', () => {
  it('starts at the first item', async () => {
    await openMenu()
    expect(opener().getAttribute('aria-expanded')).toBe('true')
    expect(focused()).toBe('Edit')
  })

  it.each([
    ['down', '{ArrowDown}', 'Duplicate'],
    ['down and around', '{ArrowDown}{ArrowDown}{ArrowDown}', 'Edit'],
    ['up and around', '{ArrowUp}', 'Export'],
    ['up', '{ArrowUp}{ArrowUp}', 'Duplicate'],
    ['to the end', '{End}', 'Export'],
    ['to the start', '{End}{Home}', 'Edit'],
    ['to the next item with that letter', 'e', 'Export'],
    ['around to the first item with that letter', 'ee', 'Edit'],
    ['nowhere for a letter that no enabled item starts with', 'xa', 'Edit'],
  ])('goes %s', async (_, keys, item) => {
    const { user } = await openMenu()
    await user.keyboard(keys)
    expect(focused()).toBe(item)
  })

  it('closes on Escape and restores the focus', async () => {
    const { user } = await openMenu()
    await user.keyboard('{Escape}')
    expect(isOpen()).toBe(false)
    expect(document.activeElement).toBe(opener())
    expect(opener().getAttribute('aria-expanded')).toBe('false')
  })

  it('closes on Tab', async () => {
    const { user } = await openMenu()
    await user.tab()
    expect(isOpen()).toBe(false)
  })

  it('activates the item on Enter, and closes', async () => {
    const { user, onEdit } = await openMenu()
    await user.keyboard('{Enter}')
    expect(onEdit).toHaveBeenCalledOnce()
    expect(isOpen()).toBe(false)
  })
})

describe('an item that runs an action', () => {
  it('shows a toast', async () => {
    const { user, duplicate } = await openMenu()
    await user.click(screen.getByRole('menuitem', { name: 'Duplicate' }))
    expect(duplicate.sent).toEqual([{ id: 'o1' }])
    await duplicate.accept(null)
    expect(screen.getByText('It is duplicated.')).toBeDefined()
  })

  it('cannot be run again while it runs', async () => {
    const { user, duplicate } = await openMenu()
    await user.click(screen.getByRole('menuitem', { name: 'Duplicate' }))
    await user.click(opener())
    await user.click(screen.getByRole('menuitem', { name: 'Duplicate' }))
    expect(duplicate.sent).toHaveLength(1)
    await duplicate.refuse('There are too many orders.')
    expect(screen.getByText('There are too many orders.')).toBeDefined()
  })
})
