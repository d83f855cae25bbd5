import { screen } from '@testing-library/react'
import { UnrecognizedActionError } from 'next/dist/client/components/unrecognized-action-error'
import { describe, expect, it, vi } from 'vitest'
import { ActionForm } from '#components/forms/action-form'
import { DraftUser } from '#components/forms/form-draft'
import { SelectField, SubmitButton, TextareaField, TextField } from '#components/forms/fields'
import { TenantScope } from '#components/tenant-scope'
import {
  fakeAction,
  formats,
  isDisabled,
  isInvalid,
  renderPage,
  valueOf,
} from '#components/testing/page'

function openForm({ userId = 'ada', tenantId = 'acme' } = {}) {
  const save = fakeAction<{ name: string }>()
  const onDone = vi.fn()
  const page = renderPage(
    <DraftUser id={userId}>
      <TenantScope scope={{ tenantId, formats }}>
        <ActionForm
          action={save.action}
          label="Product"
          hidden={{ id: 7 }}
          done={({ name }) => `${name} is saved.`}
          onDone={onDone}
        >
          <TextField name="name" label="Name" hint="As on the invoice." value="Lamp" />
          <TextField name="password" label="Password" type="password" />
          <TextField name="code" label="Code" autoComplete="one-time-code" />
          <SelectField name="unit" label="Unit" value="piece">
            <option value="piece">Piece</option>
            <option value="box">Box</option>
          </SelectField>
          <TextareaField name="note" label="Note" />
          <SubmitButton name="status" value="draft">
            Save as draft
          </SubmitButton>
          <SubmitButton name="status" value="live">
            Publish
          </SubmitButton>
        </ActionForm>
      </TenantScope>
    </DraftUser>,
  )
  return { ...page, save, onDone }
}

const form = () => screen.getByRole('form', { name: 'Product' })
const box = (name: string) => screen.getByRole('textbox', { name })
const unit = () => screen.getByRole('combobox', { name: 'Unit' })
const button = (name: string) => screen.getByRole('button', { name })

describe('sending', () => {
  it('sends the typed and hidden values, and the pressed button', async () => {
    const { user, save } = openForm()
    await user.clear(box('Name'))
    await user.type(box('Name'), 'Desk lamp')
    await user.selectOptions(unit(), 'Box')
    await user.click(button('Publish'))
    expect(save.sent).toEqual([
      { id: '7', name: 'Desk lamp', password: '', code: '', unit: 'box', note: '', status: 'live' },
    ])
  })

  it('uses the first button for Enter in a field', async () => {
    const { user, save } = openForm()
    await user.type(box('Name'), '{Enter}')
    expect(save.sent).toMatchObject([{ name: 'Lamp', status: 'draft' }])
  })

  it('is busy, and cannot be sent again, until the response arrives', async () => {
    const { user, save } = openForm()
    await user.dblClick(button('Publish'))
    expect(form().getAttribute('aria-busy')).toBe('true')
    expect(isDisabled(button('Publish'))).toBe(true)
    expect(isDisabled(button('Save as draft'))).toBe(true)
    await user.type(box('Name'), '{Enter}')
    expect(save.sent).toHaveLength(1)

    await save.refuse('The name is taken.')
    expect(form().getAttribute('aria-busy')).toBe('false')
    await user.click(button('Publish'))
    expect(save.sent).toHaveLength(2)
  })
})

describe('a refusal', () => {
  it('is announced, and describes its field, which gets the focus', async () => {
    const { user, save } = openForm()
    expect(screen.queryByRole('alert')).toBeNull()
    await user.click(button('Publish'))
    await save.refuse('Please correct the marked fields.', { name: 'This name is taken.' })
    expect(screen.getByRole('alert').textContent).toBe('Please correct the marked fields.')
    const name = screen.getByRole('textbox', {
      name: 'Name',
      description: 'This name is taken. As on the invoice.',
    })
    expect(isInvalid(name)).toBe(true)
    expect(document.activeElement).toBe(name)
    expect(isInvalid(box('Note'))).toBe(false)
  })

  it('moves the focus to the first of several invalid fields', async () => {
    const { user, save } = openForm()
    await user.click(button('Publish'))
    await save.refuse('Please correct the marked fields.', { note: 'Too long.', unit: 'Unknown.' })
    expect(document.activeElement).toBe(unit())
  })

  it('gets the focus itself when no field is invalid', async () => {
    const { user, save } = openForm()
    await user.click(button('Publish'))
    await save.refuse('Members cannot do this.')
    expect(document.activeElement).toBe(screen.getByRole('alert'))
  })

  it('keeps everything that was typed', async () => {
    const { user, save } = openForm()
    await user.type(box('Name'), ' 2')
    await user.selectOptions(unit(), 'Box')
    await user.type(box('Note'), 'two\nlines')
    await user.click(button('Publish'))
    await save.refuse('Please correct the marked fields.', { name: 'This name is taken.' })
    expect(valueOf(box('Name'))).toBe('Lamp 2')
    expect(valueOf(unit())).toBe('box')
    expect(valueOf(box('Note'))).toBe('two\nlines')
  })

  it('disappears with the next response', async () => {
    const { user, save } = openForm()
    await user.click(button('Publish'))
    await save.refuse('Please correct the marked fields.', { name: 'This name is taken.' })
    await user.click(button('Publish'))
    await save.refuse('Please correct the marked fields.', { note: 'Too long.' })
    expect(isInvalid(box('Name'))).toBe(false)
    expect(screen.queryByText('This name is taken.')).toBeNull()
    await user.click(button('Publish'))
    await save.accept({ name: 'Lamp' })
    expect(screen.queryByRole('alert')).toBeNull()
    expect(isInvalid(box('Note'))).toBe(false)
  })
})

describe('a lost response', () => {
  it('shows a message with the error digest, and keeps what was typed', async () => {
    const { user, save, onDone } = openForm()
    await user.type(box('Name'), ' 2')
    await user.click(button('Publish'))
    await save.fail(Object.assign(new Error('lost'), { digest: '4711' }))
    const alert = screen.getByRole('alert').textContent
    expect(alert).toContain('No answer came back.')
    expect(alert).toContain('tell support the number 4711.')
    expect(valueOf(box('Name'))).toBe('Lamp 2')
    expect(isDisabled(button('Publish'))).toBe(false)
    expect(onDone).not.toHaveBeenCalled()
  })
})

describe('success', () => {
  it('shows a toast, and passes the result on', async () => {
    const { user, save, onDone } = openForm()
    await user.click(button('Publish'))
    expect(onDone).not.toHaveBeenCalled()
    await save.accept({ name: 'Desk lamp' })
    expect(screen.getByText('Desk lamp is saved.').closest('[aria-live=polite]')).not.toBeNull()
    expect(onDone).toHaveBeenCalledExactlyOnceWith({ name: 'Desk lamp' })
  })

  it('does not reset the form', async () => {
    const { user, save } = openForm()
    await user.type(box('Note'), 'Fragile')
    await user.click(button('Publish'))
    await save.accept({ name: 'Lamp' })
    expect(valueOf(box('Note'))).toBe('Fragile')
  })
})

describe('an action that the server does not have', () => {
  /** Types into a form whose action is unknown, and presses Reload. */
  async function reloadForm() {
    const reload = vi.spyOn(location, 'reload').mockImplementation(() => {})
    const { user, save, unmount } = openForm()
    await user.clear(box('Name'))
    await user.type(box('Name'), 'Desk lamp')
    await user.type(screen.getByLabelText('Password'), 'the password')
    await user.type(box('Code'), '123456')
    await user.selectOptions(unit(), 'Box')
    await user.click(button('Publish'))
    await save.fail(new UnrecognizedActionError('Server Action "1" was not found on the server.'))
    expect(screen.getByRole('alert').textContent).toContain('A new version is available.')
    await user.click(button('Reload'))
    expect(reload).toHaveBeenCalledOnce()
    unmount()
  }

  it('offers to reload, and the typed values are there afterwards, except secrets', async () => {
    await reloadForm()
    const stored = JSON.stringify(sessionStorage)
    expect(stored).toContain('Desk lamp')
    expect(stored).not.toMatch(/the password|123456/)

    openForm()
    expect((await screen.findByRole('status')).textContent).toContain('filled in again')
    expect(valueOf(box('Name'))).toBe('Desk lamp')
    expect(valueOf(unit())).toBe('box')
    expect(valueOf(screen.getByLabelText('Password'))).toBe('')
    expect(valueOf(box('Code'))).toBe('')
    expect(sessionStorage).toHaveLength(0)
  })

  it('does not show what one user typed to the next user of the tab', async () => {
    await reloadForm()
    openForm({ userId: 'grace' })
    await vi.waitFor(() => expect(sessionStorage).toHaveLength(0))
    expect(valueOf(box('Name'))).toBe('Lamp')
  })

  it('does not carry what was typed over to another tenant', async () => {
    await reloadForm()
    const { unmount } = openForm({ tenantId: 'globex' })
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(valueOf(box('Name'))).toBe('Lamp')
    unmount()
    openForm()
    await vi.waitFor(() => expect(valueOf(box('Name'))).toBe('Desk lamp'))
  })
})

describe('a refusal of the proxy', () => {
  it('is shown like that of an action', async () => {
    const { user, save } = openForm()
    await user.click(button('Publish'))
    const refusal = { code: 'foreign_origin', message: 'Open it at https://app.example.' }
    await save.fail(new Error(JSON.stringify(refusal)))
    expect(screen.getByRole('alert').textContent).toBe('Open it at https://app.example.')
  })
})
