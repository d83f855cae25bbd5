import { screen } from '@testing-library/react'
import { expect, it, vi } from 'vitest'
import { TenantButton } from '#components/forms/tenant-button'
import { isDisabled, renderPage, fakeAction } from '#components/testing/page'

function openPage() {
  const remove = fakeAction()
  const onDone = vi.fn()
  const { user } = renderPage(
    <TenantButton
      action={remove.action}
      input={{ userId: 'u1' }}
      done="Ada is removed."
      onDone={onDone}
    >
      Remove
    </TenantButton>,
  )
  return { user, remove, onDone, button: screen.getByRole('button', { name: 'Remove' }) }
}

it('runs its action once for the tenant of the page, however often it is clicked', async () => {
  const { user, remove, onDone, button } = openPage()
  await user.dblClick(button)
  expect(remove.sent).toEqual([{ userId: 'u1', _tenant: 'acme' }])
  expect(isDisabled(button)).toBe(true)
  expect(button.getAttribute('aria-busy')).toBe('true')
  await remove.accept(null)
  expect(isDisabled(button)).toBe(false)
  expect(onDone).toHaveBeenCalledOnce()
  expect(screen.getByText('Ada is removed.')).toBeDefined()
})

it('shows the message of a refusal', async () => {
  const { user, remove, onDone, button } = openPage()
  await user.click(button)
  await remove.refuse('The last owner cannot leave.')
  expect(screen.getByText('The last owner cannot leave.')).toBeDefined()
  expect(screen.queryByText('Ada is removed.')).toBeNull()
  expect(onDone).not.toHaveBeenCalled()
})

it('shows that no answer came back', async () => {
  const { user, remove, onDone, button } = openPage()
  await user.click(button)
  await remove.fail(new Error('lost'))
  expect(screen.getByText(/No answer came back/)).toBeDefined()
  expect(isDisabled(button)).toBe(false)
  expect(onDone).not.toHaveBeenCalled()
})
