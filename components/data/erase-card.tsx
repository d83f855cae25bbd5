import type { Action } from '#app/_actions/action'
import { EraseForm } from '#components/data/erase-form'
import { TenantButton } from '#components/forms/tenant-button'
import { formatDateTime, type Formats } from '#components/formats'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { Notice } from '#components/ui/notice'
import type { Erasure } from '@rowhouse/tenancy/data'

type Props = {
  name: string
  erasure: Erasure | undefined
  held: boolean
  formats: Formats
  erase: Action<unknown>
  cancel: Action<unknown>
}

export function EraseCard({ name, erasure, held, formats, erase, cancel }: Props) {
  return (
    <Card labelledBy="erase">
      <CardHeader id="erase" title="Erase the organisation" />
      <CardBody className="grid gap-4">
        <p className="text-ink-soft">
          All rows, members, keys, letters and export files go, and people who belong to no other
          organisation with them. It happens a week after you ask, and can be stopped until then.
          Make a last export first.
        </p>
        {erasure ? (
          <>
            <Notice look="danger">{`${name} is erased on ${formatDateTime(erasure.dueAt, formats)}.`}</Notice>
            <div>
              <TenantButton action={cancel} input={{}} done={`${name} stays.`}>
                Keep the organisation
              </TenantButton>
            </div>
          </>
        ) : (
          <EraseForm name={name} held={held} action={erase} />
        )}
      </CardBody>
    </Card>
  )
}
