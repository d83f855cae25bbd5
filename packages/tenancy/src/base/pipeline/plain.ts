import type pg from 'pg'
import type { Pipeline } from '#tenancy/base/pipeline/pipeline'

/** Ordinary queries: each is sent when the one before has been answered. */
export const plainPipeline: Pipeline = {
  name: 'plain',
  query: (client, statement) =>
    inTurn(client, () =>
      client.query({ ...statement, queryMode: 'extended' } as unknown as pg.QueryConfig),
    ),
  run: (client, text) => inTurn(client, () => client.query(text)),
  corked: (_client, send) => send(),
  prepareValue: (value) => value,
  runPipelined: undefined,
  inTransaction: () => undefined,
}

const lastOf = new WeakMap<pg.ClientBase, Promise<unknown>>()

/** The queue that pg has of its own is deprecated. */
function inTurn<T>(client: pg.ClientBase, send: () => Promise<T>): Promise<T> {
  const turn = (lastOf.get(client) ?? Promise.resolve()).then(send)
  lastOf.set(
    client,
    turn.catch(() => {}),
  )
  return turn
}
