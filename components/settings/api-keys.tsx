import { KeyRound } from 'lucide-react'
import type { Route } from 'next'
import Link from 'next/link'
import type { Action } from '#app/_actions/action'
import { formatCount, formatDate, formatDateTime, type Formats } from '#components/formats'
import { RevokeKey } from '#components/settings/revoke-key'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { EmptyState } from '#components/ui/empty-state'
import type { ApiKey } from '#db/accounts/api-keys'

type Props = {
  keys: ApiKey[]
  formats: Formats
  revoke: Action<unknown>
  limit: number
  origin: string
}

export function ApiKeys({ keys, formats, revoke, limit, origin }: Props) {
  return (
    <>
      <KeyList keys={keys} formats={formats} revoke={revoke} />
      <KeyUsage limit={limit} origin={origin} formats={formats} />
    </>
  )
}

function KeyList({ keys, formats, revoke }: Pick<Props, 'keys' | 'formats' | 'revoke'>) {
  return (
    <Card {...(keys.length > 0 && { labelledBy: 'keys' })}>
      {keys.length === 0 ? (
        <EmptyState title="No key yet">
          A key lets a program of yours read or create orders of this organisation, and of no other.
        </EmptyState>
      ) : (
        <>
          <CardHeader id="keys" title="Keys" />
          <ul>
            {keys.map((key) => (
              <li
                key={key.id}
                className="flex flex-wrap items-center gap-x-4 gap-y-2 border-t border-line px-4 py-3 sm:px-5"
              >
                <KeyRound aria-hidden className="size-4 text-ink-faint max-sm:hidden" />
                <div className="min-w-0 grow basis-52">
                  <p className="truncate font-medium">
                    {key.name}{' '}
                    <code className="ml-1 font-mono text-sm font-normal text-ink-faint">
                      …{key.hint}
                    </code>
                  </p>
                  <p className="text-sm text-ink-faint">
                    {key.scope === 'write' ? 'Reads and creates' : 'Reads'}, as {key.owner}.{' '}
                    {key.usedAt
                      ? `Last used ${formatDateTime(key.usedAt, formats)}.`
                      : 'Never used.'}{' '}
                    {key.expiresAt
                      ? `${key.expired ? 'Ended' : 'Ends'} ${formatDate(key.expiresAt, formats)}.`
                      : 'Has no end.'}
                  </p>
                </div>
                <RevokeKey id={key.id} name={key.name} action={revoke} />
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  )
}

function KeyUsage({ limit, origin, formats }: Pick<Props, 'limit' | 'origin' | 'formats'>) {
  return (
    <Card labelledBy="use">
      <CardHeader id="use" title="How to use one">
        <Link
          href={'/api/v1/openapi.json' as Route}
          prefetch={false}
          target="_blank"
          className="text-sm text-accent underline underline-offset-4"
        >
          OpenAPI document
        </Link>
      </CardHeader>
      <CardBody className="grid gap-3">
        <pre className="rounded-md bg-sunken p-3 font-mono text-sm wrap-anywhere whitespace-pre-wrap">{`curl ${origin}/api/v1/orders?status=placed \\\n  -H "Authorization: Bearer rowhouse_…"`}</pre>
        <p className="text-sm text-ink-faint">
          All keys of this organisation together make up to {formatCount(limit, formats)} calls a
          minute.
        </p>
      </CardBody>
    </Card>
  )
}
