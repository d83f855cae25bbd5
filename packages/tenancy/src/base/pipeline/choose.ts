import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { PipelineError, type Pipeline } from '#tenancy/base/pipeline/pipeline'
import { plainPipeline } from '#tenancy/base/pipeline/plain'
import { wirePipeline } from '#tenancy/base/pipeline/wire'
import { withConnection } from '#tenancy/base/connect'
import { loginUrl, stateOf, type Tenancy } from '#tenancy/base/tenancy'

/** The pipeline of an instance, as its configuration says. */
export const pipelineOf = stateOf('pipeline', ({ config }) =>
  config.pipeline === 'plain' ? plainPipeline : wirePipeline,
)

const answerMs = 2000

/**
 * Tries the private parts of pg on a real connection, which is best done before the first
 * transaction. An instance for which they do not work uses ordinary queries from then on, and says
 * so in the log.
 * @param client - A connection to try them on, instead of one that is opened for it. A check that
 *   failed may leave it inside a transaction, or waiting for an answer.
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
    'this version of pg cannot be pipelined; statements are sent one by one',
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
  expect(first?.rows[0]?.one === 1 && second?.rows[0]?.[0] === '2', 'results are not read')
  expect(first?.rows[0]?.at instanceof Date, 'types are not read')
  const failure = await runPipelined(client, [
    { text: 'select 1' },
    { text: 'select 1 / $1::int', values: [0] },
  ]).catch((error: unknown) => error)
  expect(failure instanceof PipelineError && failure.at === 1, 'errors are not placed')
  const [, answer] = await Promise.all(
    corked(client, () => [
      run(client, 'begin'),
      query(client, { text: 'select $1::text as two', values: ['2'] }),
    ]),
  )
  expect(answer?.rows[0]?.two === '2', 'a corked query is not answered')
  expect(inTransaction(client) === true, 'the status of a transaction is not known')
  await run(client, 'rollback')
  expect(inTransaction(client) === false, 'the end of a transaction is not known')
  expect(typeof prepareValue(date) === 'string', 'values are not prepared')
}
