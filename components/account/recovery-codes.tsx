'use client'

import { Button } from '#components/ui/button'
import { CopyText } from '#components/ui/copy-text'
import { Notice } from '#components/ui/notice'

export function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  return (
    <>
      <Notice look="warn">
        Keep these where your phone is not. Each signs you in once when you have no app at hand;
        they are not shown again.
      </Notice>
      <ul
        aria-label="Recovery codes"
        className="grid gap-x-6 gap-y-1 font-mono text-sm sm:grid-cols-2"
      >
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <CopyText text={codes.join(' ')} label="All codes" />
      <Button look="primary" className="justify-self-start" onClick={onDone}>
        I have kept them
      </Button>
    </>
  )
}
