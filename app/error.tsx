'use client'

import { Button } from '#components/ui/button'

export default function ErrorPage({
  error,
  retry,
}: {
  error: Error & { digest?: string }
  retry: () => void
}) {
  return (
    <div role="alert" className="mx-auto grid max-w-md justify-items-start gap-3 px-6 py-24">
      <h1 className="text-xl font-semibold tracking-tight">This page could not be shown</h1>
      <p className="text-ink-soft">
        It may work when you try again; if it does not, tell support the number below.
      </p>
      {error.digest && <p className="font-mono text-sm text-ink-faint">{error.digest}</p>}
      <Button look="primary" onClick={() => retry()}>
        Try again
      </Button>
    </div>
  )
}
