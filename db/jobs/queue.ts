import type pg from 'pg'
import { PgBoss } from 'pg-boss'
import { platformPool } from '#db/pools'
import { jobNames, type JobName, type JobData } from '#db/jobs/jobs'

export const queueSchema = 'pgboss'

const over = (client: Pick<pg.ClientBase, 'query'>) => ({
  executeSql: (text: string, values?: unknown[]) => client.query(text, values),
})

/**
 * Installs or updates the queue's tables and names its queues. In: a connection that acts as the
 * owner.
 */
export async function makeQueues(owner: pg.ClientBase): Promise<void> {
  const boss = new PgBoss({
    db: over(owner),
    schema: queueSchema,
    supervise: false,
    schedule: false,
    reindex: false,
  })
  boss.on('error', (error) => console.error(error))
  await boss.start()
  for (const name of jobNames)
    await boss.createQueue(name, {
      policy: 'standard',
      retryLimit: 2,
      retryDelay: 2,
      expireInSeconds: 86_000,
      heartbeatSeconds: 30,
      deleteAfterSeconds: 7 * 86_400,
    })
  await boss.stop({ graceful: false })
  await owner.query(`
    grant usage on schema ${queueSchema} to rowhouse_platform;
    grant select, insert, update, delete on all tables in schema ${queueSchema} to rowhouse_platform;
    grant execute on all functions in schema ${queueSchema} to rowhouse_platform`)
}

/**
 * The queue as the worker uses it: with the rights of the platform login, which may change no table
 * of it.
 */
export const workerQueue = (): PgBoss =>
  new PgBoss({
    db: over(platformPool()),
    schema: queueSchema,
    migrate: false,
    createSchema: false,
    reindex: false,
    superviseIntervalSeconds: 10,
    monitorIntervalSeconds: 10,
  })

/**
 * Puts a job into the queue, in the transaction of the row that it acts on. Leaves nothing running
 * in this process.
 */
export async function enqueue<N extends JobName>(
  client: pg.ClientBase,
  name: N,
  data: JobData[N],
): Promise<void> {
  const boss = new PgBoss({
    db: over(client),
    schema: queueSchema,
    migrate: false,
    createSchema: false,
    supervise: false,
    schedule: false,
  })
  boss.on('error', () => {}) // send rejects with it
  await boss.start()
  try {
    await boss.send(name, data)
  } finally {
    await boss.stop({ graceful: false })
  }
}
