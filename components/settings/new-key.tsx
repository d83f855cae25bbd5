'use client'

import { Plus } from 'lucide-react'
import { useState } from 'react'
import type { Action } from '#app/_actions/action'
import { SelectField, SubmitButton, TextField } from '#components/forms/fields'
import { TenantForm } from '#components/forms/tenant-form'
import { Button } from '#components/ui/button'
import { CopyText } from '#components/ui/copy-text'
import { Dialog, DialogBody, DialogButtons } from '#components/ui/dialog'
import { Notice } from '#components/ui/notice'

export function NewKey({ action }: { action: Action<{ key: string }> }) {
  const [open, setOpen] = useState(false)
  const [newKey, setNewKey] = useState<string | null>(null)
  const close = () => {
    setOpen(false)
    setNewKey(null)
  }
  return (
    <>
      <Button look="primary" onClick={() => setOpen(true)}>
        <Plus aria-hidden /> New key
      </Button>
      <Dialog open={open} onClose={close} title={newKey ? 'Your new key' : 'New API key'}>
        <DialogBody>
          {newKey ? (
            <KeyOnce text={newKey} onClose={close} />
          ) : (
            <TenantForm action={action} onDone={({ key }) => setNewKey(key)} label="New API key">
              <TextField
                name="name"
                label="What is it for?"
                maxLength={60}
                autoComplete="off"
                placeholder="Warehouse import"
              />
              <SelectField
                name="scope"
                label="It may"
                value="read"
                hint="Never more than you may yourself; it goes when you go."
              >
                <option value="read">read orders</option>
                <option value="write">read and create orders</option>
              </SelectField>
              <SelectField name="lifetime" label="It works for" value="90">
                <option value="30">30 days</option>
                <option value="90">90 days</option>
                <option value="365">a year</option>
                <option value="never">as long as nobody revokes it</option>
              </SelectField>
              <DialogButtons>
                <Button onClick={close}>Cancel</Button>
                <SubmitButton>Create the key</SubmitButton>
              </DialogButtons>
            </TenantForm>
          )}
        </DialogBody>
      </Dialog>
    </>
  )
}

/** The only time that the key is shown. */
function KeyOnce({ text, onClose }: { text: string; onClose: () => void }) {
  return (
    <>
      <Notice look="warn">
        Copy it now: we keep only its fingerprint, so nobody can show it again.
      </Notice>
      <CopyText text={text} label="API key" />
      <DialogButtons>
        <Button look="primary" onClick={onClose}>
          Done
        </Button>
      </DialogButtons>
    </>
  )
}
