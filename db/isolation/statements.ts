import type { TenantTx } from '#db/door'

export type Statement = { text: string; values: number }

type Listened = { session: { client: { query: (config: unknown, values?: unknown[]) => unknown } } }

/**
 * Writes down what this transaction sends to PostgreSQL from here on: the text and how many values,
 * never the values.
 */
export function overhear(tx: TenantTx): Statement[] {
  const heard: Statement[] = []
  const { client } = (tx as unknown as Listened).session
  const send = client.query.bind(client)
  client.query = (config, values) => {
    const text = typeof config === 'string' ? config : (config as { text: string }).text
    heard.push({ text, values: values?.length ?? 0 })
    return send(config, values)
  }
  return heard
}
