import type pg from 'pg'
import type { Pipeline } from '#tenancy/base/pipeline/pipeline'

/** Ordinary queries: each is sent after the previous one was answered. */
export const plainPipeline: Pipeline = {
  name: 'plain',
  query: (client, statement) =>
    inOrder(client, () =>
      client.query({ ...statement, queryMode: 'extended' } as unknown as pg.QueryConfig),
    ),
  run: (client, text) => inOrder(client, () => client.query(text)),
  corked: (_client, send) => send(),
  prepareValue: (value) => value,
  runPipelined: undefined,
  inTransaction: () => undefined,
}

const lastOf = new WeakMap<pg.ClientBase, Promise<unknown>>()

/** pg has its own queue of queries, but it is deprecated. */
function inOrder<T>(client: pg.ClientBase, send: () => Promise<T>): Promise<T> {
  const result = (lastOf.get(client) ?? Promise.resolve()).then(send)
  lastOf.set(
    client,
    result.catch(() => {}),
  )
  return result
}
