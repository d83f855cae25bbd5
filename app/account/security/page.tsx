import type { Metadata } from 'next'
import { requireUser } from '#app/_session/session'
import { ChangePassword } from '#components/account/change-password'
import { QrCode } from '#components/account/qr-code'
import { TwoFactor } from '#components/account/two-factor'
import { Notice } from '#components/ui/notice'
import * as secondFactor from '#db/accounts/second-factor'
import {
  changePassword,
  confirmTwoFactor,
  prepareTwoFactor,
  regenerateRecoveryCodes,
  disableTwoFactor,
} from '../actions'

export const metadata: Metadata = { title: 'Password and codes' }

export default async function SecurityPage() {
  const { user } = await requireUser()
  const [on, left, setup, factorMissing] = await Promise.all([
    secondFactor.isOn(user.id),
    secondFactor.recoveryCodesLeft(user.id),
    secondFactor.pendingSetup(user),
    user.operator && secondFactor.isMissing(user.id),
  ])
  return (
    <>
      {factorMissing && (
        <Notice look="warn">
          The console is shut until two-factor sign-in is on: operators need it here. Set it up
          below, then open the console again.
        </Notice>
      )}
      <ChangePassword action={changePassword} email={user.email} />
      <TwoFactor
        on={on}
        left={left}
        secret={setup?.secret ?? null}
        qrCode={
          setup ? <QrCode text={setup.uri} label="Square for your authenticator app" /> : null
        }
        prepare={prepareTwoFactor}
        confirm={confirmTwoFactor}
        renew={regenerateRecoveryCodes}
        turnOff={disableTwoFactor}
      />
    </>
  )
}
