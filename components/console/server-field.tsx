'use client'

import { useId, useState } from 'react'
import { Button } from '#components/ui/button'
import { Field, fieldAttributes } from '#components/ui/field'
import { Input } from '#components/ui/input'

type Props = {
  otherServer: boolean
  onChoose: (otherServer: boolean) => void
  busy: boolean
  onCheck: (url: string) => void
  onChange: () => void
}

/** This server, or another one, whose administrator URL is checked before the move is requested. */
export function ServerField({ otherServer, onChoose, busy, onCheck, onChange }: Props) {
  const [url, setUrl] = useState('')
  const id = useId()
  return (
    <fieldset className="grid gap-3">
      <legend className="mb-2 text-sm font-medium">Database server</legend>
      <div className="flex flex-wrap gap-x-6 gap-y-2">
        {[false, true].map((other) => (
          <label key={String(other)} className="flex items-center gap-2">
            <input
              type="radio"
              form=""
              name={`${id}-server`}
              checked={otherServer === other}
              onChange={() => onChoose(other)}
              className="size-4 accent-accent"
            />
            {other ? 'Another server' : 'This server'}
          </label>
        ))}
      </div>
      {otherServer && (
        <div className="grid gap-2 sm:grid-cols-[minmax(0,1fr)_auto] sm:items-start">
          <Field
            id={id}
            label="Administrator’s URL"
            hint="Used now, to make roles and the database. The password is not kept."
          >
            <Input
              {...fieldAttributes(id, undefined, true)}
              name="databaseUrl"
              value={url}
              autoComplete="off"
              spellCheck={false}
              placeholder="postgres://admin:password@host:5432/postgres"
              onChange={(event) => {
                setUrl(event.target.value)
                onChange()
              }}
            />
          </Field>
          <Button
            className="sm:mt-6.5"
            disabled={busy || url.trim() === ''}
            onClick={() => onCheck(url.trim())}
          >
            Check connection
          </Button>
        </div>
      )}
    </fieldset>
  )
}
