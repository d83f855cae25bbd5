import { screen } from '@testing-library/react'
import { expect, it } from 'vitest'
import { TextField } from '#components/forms/fields'
import { FormDialog } from '#components/forms/form-dialog'
import { isDisabled, renderPage, fakeAction, valueOf } from '#components/testing/page'
import { router } from '#components/testing/router'

function openPage(goTo?: '/customers') {
  const save = fakeAction<{ id: string; name: string }>()
  const page = renderPage(
    <FormDialog
      opener="New customer"
      title="A new customer"
      save="Create customer"
      done="is a customer now."
      action={save.action}
      hidden={{ source: 'list' }}
      {...(goTo && { goTo })}
    >
      <TextField name="name" label="Name" />
    </FormDialog>,
  )
  return { ...page, save }
}

const dialog = () => screen.queryByRole('dialog', { name: 'A new customer' })
const button = (name: string) => screen.getByRole('button', { name })
const name = () => screen.getByRole('textbox', { name: 'Name' })

it('opens with the focus in its first field', async () => {
  const { user } = openPage()
  expect(dialog()).toBeNull()
  await user.click(button('New customer'))
  expect(dialog()).not.toBeNull()
  expect(document.activeElement).toBe(name())
})

it('sends the tenant of the page, closes, and leads to the new record', async () => {
  const { user, save } = openPage('/customers')
  await user.click(button('New customer'))
  await user.type(name(), 'Ada')
  await user.click(button('Create customer'))
  expect(save.sent).toEqual([{ source: 'list', _tenant: 'acme', name: 'Ada' }])
  expect(isDisabled(button('Create customer'))).toBe(true)
  expect(dialog()).not.toBeNull()
  await save.accept({ id: 'c1', name: 'Ada' })
  expect(dialog()).toBeNull()
  expect(screen.getByText('Ada is a customer now.')).toBeDefined()
  expect(router.push).toHaveBeenCalledExactlyOnceWith('/customers/c1')
})

it('stays on the page without goTo', async () => {
  const { user, save } = openPage()
  await user.click(button('New customer'))
  await user.click(button('Create customer'))
  await save.accept({ id: 'c1', name: 'Ada' })
  expect(dialog()).toBeNull()
  expect(router.push).not.toHaveBeenCalled()
})

it('stays open with what was typed when it is refused', async () => {
  const { user, save } = openPage('/customers')
  await user.click(button('New customer'))
  await user.type(name(), 'Ada')
  await user.click(button('Create customer'))
  await save.refuse('Please correct the marked fields.', { name: 'There is an Ada already.' })
  expect(dialog()).not.toBeNull()
  expect(valueOf(name())).toBe('Ada')
  expect(screen.getByRole('textbox', { description: 'There is an Ada already.' })).toBe(name())
  expect(router.push).not.toHaveBeenCalled()
})

it.each(['Cancel', 'Close'])('is empty when it is opened again after %s', async (way) => {
  const { user, save } = openPage()
  await user.click(button('New customer'))
  await user.type(name(), 'Ada')
  await user.click(button('Create customer'))
  await save.refuse('Please correct the marked fields.', { name: 'There is an Ada already.' })
  await user.click(button(way))
  expect(dialog()).toBeNull()
  await user.click(button('New customer'))
  expect(valueOf(name())).toBe('')
  expect(screen.queryByRole('alert')).toBeNull()
})

it('closes on Escape', async () => {
  const { user } = openPage()
  await user.click(button('New customer'))
  await user.keyboard('{Escape}')
  expect(dialog()).toBeNull()
})
