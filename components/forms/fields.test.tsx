import { render, screen } from '@testing-library/react'
import { expect, it } from 'vitest'
import { SelectField, SubmitButton, TextareaField, TextField } from '#components/forms/fields'
import { FormContext, type FormState } from '#components/forms/form-state'
import { isDisabled, isInvalid, valueOf } from '#components/testing/page'

const show = (state: Partial<FormState>) =>
  render(
    <FormContext
      value={{ pending: false, message: undefined, fields: {}, values: {}, formId: 'f', ...state }}
    >
      <TextField name="name" label="Name" value="Lamp" />
      <TextareaField name="note" label="Note" value="Fragile" optional />
      <SelectField name="unit" label="Unit" value="piece">
        <option value="piece">Piece</option>
        <option value="box">Box</option>
      </SelectField>
      <SubmitButton>Save</SubmitButton>
    </FormContext>,
  )

const fields = () => [
  screen.getByRole('textbox', { name: 'Name' }),
  screen.getByRole('textbox', { name: /^Note/ }),
  screen.getByRole('combobox', { name: 'Unit' }),
]

it('start with the values of the page', () => {
  show({})
  expect(fields().map(valueOf)).toEqual(['Lamp', 'Fragile', 'piece'])
  expect(fields().map(isInvalid)).toEqual([false, false, false])
})

it('start with the refused values, as after a submission before hydration', () => {
  show({ values: { name: 'Sofa', note: '', unit: 'box' } })
  expect(fields().map(valueOf)).toEqual(['Sofa', '', 'box'])
})

it('ignore refused values that are not text', () => {
  show({ values: { name: ['Sofa', 'Chair'], note: 7, unit: null } })
  expect(fields().map(valueOf)).toEqual(['Lamp', 'Fragile', 'piece'])
})

it('each show their own message', () => {
  show({ fields: { name: 'Too long.', note: 'Too short.', unit: 'Unknown.' } })
  expect(screen.getByRole('textbox', { description: 'Too long.' })).toBe(fields()[0])
  expect(screen.getByRole('textbox', { description: 'Too short.' })).toBe(fields()[1])
  expect(screen.getByRole('combobox', { description: 'Unknown.' })).toBe(fields()[2])
  expect(fields().map(isInvalid)).toEqual([true, true, true])
})

it('have a submit button that is disabled while the response is pending', () => {
  show({ pending: true })
  expect(isDisabled(screen.getByRole('button', { name: 'Save' }))).toBe(true)
})
