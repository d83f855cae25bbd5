'use client'

import { ShieldCheck } from 'lucide-react'
import type { Route } from 'next'
import NextLink from 'next/link'
import { useState } from 'react'
import type { Action } from '#app/_actions/action'
import { formatDuration } from '#components/console/format-time'
import { useAction } from '#components/forms/use-action'
import { formatCount, formatDateTime, type Formats } from '#components/formats'
import { Button } from '#components/ui/button'
import { Notice } from '#components/ui/notice'
import { PageHeader } from '#components/ui/page-header'
import type { AuditCheck } from '@rowhouse/tenancy/admin'

/** The page's header, with a button that verifies the chain and names the first altered row. */
export function VerifyAudit({ action, formats }: { action: Action<AuditCheck>; formats: Formats }) {
  const [check, setCheck] = useState<AuditCheck | null>(null)
  const { pending, run } = useAction(action, setCheck)
  return (
    <>
      <PageHeader
        title="Audit"
        about="Every action of operators and commands. Rows are only ever added, and each carries the hash of the one before."
      >
        <Button disabled={pending} aria-busy={pending} onClick={() => run({})}>
          <ShieldCheck aria-hidden /> Verify the chain
        </Button>
      </PageHeader>
      {check &&
        (check.broken ? (
          <Notice look="danger">
            <NextLink
              href={
                `/console/audit?below=${check.broken.seq + 1}&mark=${check.broken.seq}` as Route
              }
              className="font-medium underline"
            >
              Row {check.broken.seq}
            </NextLink>{' '}
            was altered: {check.broken.why}. It now says “{check.broken.action}” by{' '}
            {check.broken.actor}, {formatDateTime(new Date(check.broken.at), formats)}.
          </Notice>
        ) : (
          <Notice>
            All {formatCount(check.rows, formats)} rows are what was written, in{' '}
            {formatDuration(check.tookMs)}. The chain ends with{' '}
            {check.tip?.slice(0, 16) ?? 'nothing'}.
          </Notice>
        ))}
    </>
  )
}
