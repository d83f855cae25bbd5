'use client'

import { useState } from 'react'
import type { Action } from '#app/_actions/action'
import { DetailRow, DetailRows } from '#components/console/detail-rows'
import { limitLabels, limitOrder, formatLimit } from '#components/console/limit-labels'
import { ActionForm } from '#components/forms/action-form'
import { ReasonField, SubmitButton, TextField } from '#components/forms/fields'
import type { Formats } from '#components/formats'
import { Button } from '#components/ui/button'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { Dialog, DialogBody, DialogButtons } from '#components/ui/dialog'
import type { LimitFacts } from '@rowhouse/tenancy'

type Props = {
  facts: LimitFacts
  slug: string
  name: string
  formats: Formats
  action: Action<unknown>
}

/** The limits in force for this tenant: its own, or those of its tier. */
export function TenantLimits({ facts, slug, name, formats, action }: Props) {
  const [open, setOpen] = useState(false)
  return (
    <Card labelledBy="limits">
      <CardHeader id="limits" title="Limits">
        <Button size="small" onClick={() => setOpen(true)}>
          Change…
        </Button>
      </CardHeader>
      <CardBody>
        <DetailRows>
          {limitOrder.map((limit) => (
            <DetailRow key={limit} name={limitLabels[limit]}>
              {formatLimit(limit, facts.limits[limit], formats)}
              {facts.own[limit] !== null && (
                <span className="block text-sm text-warn">
                  its own; the tier has {formatLimit(limit, facts.ofTier[limit], formats)}
                </span>
              )}
            </DetailRow>
          ))}
        </DetailRows>
      </CardBody>
      <LimitsDialog
        open={open}
        onClose={() => setOpen(false)}
        facts={facts}
        slug={slug}
        name={name}
        action={action}
      />
    </Card>
  )
}

function LimitsDialog({
  open,
  onClose,
  facts,
  slug,
  name,
  action,
}: Omit<Props, 'formats'> & { open: boolean; onClose: () => void }) {
  const title = `Limits of ${name}`
  return (
    <Dialog open={open} onClose={onClose} title={title}>
      <DialogBody>
        <p className="text-ink-soft">
          Left empty, a limit is that of the tier. They hold for each process of the app, within
          half a minute.
        </p>
        <ActionForm
          action={action}
          hidden={{ slug }}
          label={title}
          done="The limits are set."
          onDone={onClose}
        >
          <div className="grid gap-4 sm:grid-cols-2">
            {limitOrder.map((limit) => (
              <TextField
                key={limit}
                name={limit}
                label={
                  limit === 'statementMs' ? `${limitLabels[limit]}, in ms` : limitLabels[limit]
                }
                optional
                inputMode="numeric"
                autoComplete="off"
                value={facts.own[limit]?.toString() ?? ''}
                placeholder={String(facts.ofTier[limit])}
              />
            ))}
          </div>
          <ReasonField />
          <DialogButtons>
            <Button onClick={onClose}>Cancel</Button>
            <SubmitButton>Set the limits</SubmitButton>
          </DialogButtons>
        </ActionForm>
      </DialogBody>
    </Dialog>
  )
}
