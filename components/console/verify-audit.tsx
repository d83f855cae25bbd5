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

/**
 * The head of the page: its button goes through the chain and names the first row that was altered.
 */
export function VerifyAudit({ action, formats }: { action: Action<AuditCheck>; formats: Formats }) {
  const [found, setFound] = useState<AuditCheck | null>(null)
  const { pending, run } = useAction(action, setFound)
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
      {found &&
        (found.broken ? (
          <Notice look="danger">
            <NextLink
              href={
                `/console/audit?below=${found.broken.seq + 1}&mark=${found.broken.seq}` as Route
              }
              className="font-medium underline"
            >
              Row {found.broken.seq}
            </NextLink>{' '}
            was altered: {found.broken.why}. It now says “{found.broken.action}” by{' '}
            {found.broken.actor}, {formatDateTime(new Date(found.broken.at), formats)}.
          </Notice>
        ) : (
          <Notice>
            All {formatCount(found.rows, formats)} rows are what was written, in{' '}
            {formatDuration(found.tookMs)}. The chain ends with{' '}
            {found.tip?.slice(0, 16) ?? 'nothing'}.
          </Notice>
        ))}
    </>
  )
}
