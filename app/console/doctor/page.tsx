import { consolePage } from '#app/_session/operator'
import { DoctorReport } from '#components/console/doctor-report'
import { ActionButton } from '#components/forms/action-button'
import { PageFrame } from '#components/page'
import { PageHeader } from '#components/ui/page-header'
import { invariants, lastCheckRun } from '@rowhouse/tenancy/checks'
import { checkInvariants } from './actions'
import { tenancy } from '#db/tenancy'

export default async function DoctorPage() {
  const { formats } = await consolePage()
  const [names, doctor, drift] = await Promise.all([
    invariants(),
    lastCheckRun(tenancy(), 'doctor'),
    lastCheckRun(tenancy(), 'drift'),
  ])
  return (
    <PageFrame width="normal">
      <title>Doctor · Rowhouse console</title>
      <PageHeader
        title="Doctor"
        about="Every invariant that isolation rests on, asked of every database. The worker asks once an hour."
      >
        <ActionButton
          action={checkInvariants}
          input={{}}
          look="primary"
          done="Every database was looked at."
        >
          Look now
        </ActionButton>
      </PageHeader>
      <DoctorReport
        id="invariants"
        title="Invariants"
        checks={names}
        last={doctor ?? null}
        formats={formats}
      />
      <DoctorReport
        id="drift"
        title="Catalogues against migrations"
        checks={['drift']}
        last={drift ?? null}
        formats={formats}
      />
    </PageFrame>
  )
}
