import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { PipelineError, type Pipeline } from '#tenancy/base/pipeline/pipeline'
import { plainPipeline } from '#tenancy/base/pipeline/plain'
import { wirePipeline } from '#tenancy/base/pipeline/wire'
import { withConnection } from '#tenancy/base/connect'
import { loginUrl, stateOf, type Tenancy } from '#tenancy/base/tenancy'

/** The pipeline of an instance, as configured. */
export const pipelineOf = stateOf('pipeline', ({ config }) =>
  config.pipeline === 'plain' ? plainPipeline : wirePipeline,
)

const answerMs = 2000

/**
 * Tests the private APIs of pg on a real connection; call it before the first transaction. If they do
 * not work, the instance logs a warning and uses ordinary queries from then on.
 * @param tenancy - The instance.
 * @param client - A connection to test them on; a new one by default. A failed check may leave it in a
 *   transaction, or waiting for an answer.
 * @returns How the instance sends statements.
 * @throws The error of a connection that could not be opened, or was lost.
 */
export async function checkPipeline(
  tenancy: Tenancy,
  client?: pg.ClientBase,
): Promise<Pipeline['name']> {
  if (pipelineOf(tenancy).name === 'plain') return 'plain'
  if (!client)
    return withConnection(loginUrl(tenancy, 'platform'), (own) => checkPipeline(tenancy, own), {
      pipeline: true,
    })
  let lost: Error | undefined
  client.once('error', (error: Error) => (lost = error))
  const problem = await Promise.race([selfCheck(client), noAnswer()]).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
  if (problem === undefined) return 'pipelined'
  if (lost) throw lost
  tenancy.state.set(pipelineOf.stateName, plainPipeline)
  tenancy.config.logger.warn(
    { problem },
    'the pipeline does not work with this version of pg; statements are sent one by one',
  )
  return 'plain'
}

async function noAnswer(): Promise<never> {
  await sleep(answerMs, undefined, { ref: false })
  throw new Error(`a statement was not answered within ${answerMs} ms`)
}

async function selfCheck(client: pg.ClientBase): Promise<void> {
  const expect = (holds: boolean, what: string) => {
    if (!holds) throw new Error(what)
  }
  const { runPipelined, query, run, corked, prepareValue, inTransaction } = wirePipeline
  if (!runPipelined) throw new Error('there is no pipeline')
  const date = new Date(0)
  const [first, second] = await runPipelined(client, [
    { text: 'select $1::int as one, $2::timestamptz as at', values: [1, date] },
    { text: 'select $1::text as two', values: ['2'], rowMode: 'array' },
  ])
  expect(first?.rows[0]?.one === 1 && second?.rows[0]?.[0] === '2', 'results are not parsed')
  expect(first?.rows[0]?.at instanceof Date, 'types are not parsed')
  const failure = await runPipelined(client, [
    { text: 'select 1' },
    { text: 'select 1 / $1::int', values: [0] },
  ]).catch((error: unknown) => error)
  expect(PipelineError.is(failure) && failure.at === 1, 'an error does not name its statement')
  const [, answer] = await Promise.all(
    corked(client, () => [
      run(client, 'begin'),
      query(client, { text: 'select $1::text as two', values: ['2'] }),
    ]),
  )
  expect(answer?.rows[0]?.two === '2', 'a corked query has no result')
  expect(inTransaction(client) === true, 'the status of a transaction is not reported')
  await run(client, 'rollback')
  expect(inTransaction(client) === false, 'the end of a transaction is not reported')
  expect(typeof prepareValue(date) === 'string', 'values are not serialised')
}
