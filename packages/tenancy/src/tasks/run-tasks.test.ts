import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { createTenancy } from '#tenancy/create-tenancy'
import { platform } from '#tenancy/registry/placements'
import { closePools } from '#tenancy/registry/pools'
import { runTasks } from '#tenancy/tasks/run-tasks'
import { listTasks } from '#tenancy/tasks/statuses'
import type { Task, TaskRun } from '#tenancy/tasks/task'
import { tenancy } from '#tenancy/testing/fixture/tenancy'

const logged: { level: string; facts: Record<string, unknown>; message: string }[] = []
const to = (level: string) => (facts: Record<string, unknown>, message: string) =>
  void logged.push({ level, facts, message })
const instance = createTenancy({
  ...tenancy().config,
  logger: { info: to('info'), warn: to('warn'), error: to('error') },
})
afterAll(async () => {
  await closePools(instance)
  await closePools(tenancy())
})
beforeEach(async () => {
  logged.length = 0
  await platform(instance).execute(sql`delete from tenancy.tasks`)
})

/** Runs tasks until `until` holds, and stops them. */
async function runUntil(tasks: Task[], until: () => boolean, graceMs = 5000): Promise<TaskRun[]> {
  const runs: TaskRun[] = []
  const stop = new AbortController()
  const running = runTasks(instance, tasks, {
    stopping: stop.signal,
    graceMs,
    onRun: (run) => runs.push(run),
  })
  await vi.waitFor(() => expect(until()).toBe(true), { timeout: 20_000, interval: 5 })
  stop.abort()
  await running
  return runs
}

test('a failing task backs off and does not affect the others', async () => {
  const failedAt: number[] = []
  let healthy = 0
  const runs = await runUntil(
    [
      {
        name: 'failing',
        everyMs: 10,
        run: () => {
          failedAt.push(performance.now())
          return Promise.reject(Object.assign(new Error('no'), { code: 'ECONNREFUSED' }))
        },
      },
      { name: 'healthy', everyMs: 10, run: () => Promise.resolve(healthy++) },
    ],
    () => failedAt.length === 3,
  )
  const [first = 0, second = 0, third = 0] = failedAt
  expect(second - first).toBeGreaterThanOrEqual(499)
  expect(third - second).toBeGreaterThanOrEqual(999)
  expect(healthy).toBeGreaterThan(20)
  expect(runs.filter(({ outcome }) => outcome === 'failed').map(({ task }) => task)).toEqual([
    'failing',
    'failing',
    'failing',
  ])
  expect(logged.filter(({ level }) => level === 'error').map(({ facts }) => facts)).toMatchObject([
    { task: 'failing', failures: 1 },
    { task: 'failing', failures: 2 },
    { task: 'failing', failures: 3 },
  ])
})

test('a queue reports each look for work, and one that hangs no longer does', async () => {
  const stop = new AbortController()
  const polls: string[] = []
  const queue = { everyMs: 10, concurrency: 1, process: () => Promise.resolve() }
  const running = runTasks(
    instance,
    [
      { ...queue, name: 'working', due: () => Promise.resolve([]) },
      { ...queue, name: 'failing', due: () => Promise.reject(new Error('no')) },
      { ...queue, name: 'hanging', due: () => new Promise<never>(() => {}) },
      { name: 'periodic', everyMs: 10, run: () => Promise.resolve() },
    ],
    { stopping: stop.signal, graceMs: 10, onPoll: (task) => polls.push(task) },
  )
  await vi.waitFor(() => expect(polls.length).toBeGreaterThan(20))
  stop.abort()
  await running
  expect(new Set(polls)).toEqual(new Set(['working', 'failing']))
})

test('a task that recovers returns to its schedule', async () => {
  let runs = 0
  await runUntil(
    [
      {
        name: 'flaky',
        everyMs: 10,
        run: () => (runs++ === 0 ? Promise.reject(new Error('once')) : Promise.resolve()),
      },
    ],
    () => runs > 10,
  )
  expect(logged.map(({ level, message }) => [level, message])).toEqual([
    ['error', 'task failed'],
    ['info', 'task recovered'],
  ])
})

test('a queue processes up to its concurrency, plus urgent items, and no item twice', async () => {
  let most = 0
  let urgentBegan = false
  const open = new Set<string>()
  const begun: string[] = []
  const waiting = [
    { id: 'a' },
    { id: 'b' },
    { id: 'c' },
    { id: 'now', urgent: true },
    { id: 'broken' },
  ]
  await runUntil(
    [
      {
        name: 'queue',
        everyMs: 5,
        concurrency: 2,
        due: () => Promise.resolve([...waiting]),
        process: async (id) => {
          open.add(id)
          begun.push(id)
          if (id === 'now') urgentBegan = open.has('a') && open.has('b')
          else most = Math.max(most, [...open].filter((one) => one !== 'now').length)
          await sleep(50)
          open.delete(id)
          waiting.splice(
            waiting.findIndex((one) => one.id === id),
            1,
          )
          if (id === 'broken') throw new Error('this item only')
        },
      },
    ],
    () => waiting.length === 0,
  )
  expect(begun.toSorted()).toEqual(['a', 'b', 'broken', 'c', 'now'])
  expect({ most, urgentBegan }).toEqual({ most: 2, urgentBegan: true })
  expect(logged.map(({ facts, message }) => [facts.id, message])).toEqual([
    ['broken', 'task item failed'],
  ])
})

test('stopping waits for runs that stop, and does not wait for others', async () => {
  let began = false
  let stoppedCleanly = false
  const tasks = (obeys: boolean): Task[] => [
    {
      name: 'long',
      everyMs: 10,
      run: async (stopping) => {
        began = true
        await sleep(60_000, undefined, obeys ? { signal: stopping } : {}).catch(() => {})
        stoppedCleanly = true
      },
    },
  ]
  await runUntil(tasks(true), () => began)
  expect(stoppedCleanly).toBe(true)
  expect(logged).toEqual([])
  ;[began, stoppedCleanly] = [false, false]
  const start = performance.now()
  await runUntil(tasks(false), () => began, 200)
  expect(performance.now() - start).toBeLessThan(5000)
  expect(logged).toMatchObject([{ level: 'warn', facts: { graceMs: 200 } }])
})

test('the stored statuses show when each task last ran, last failed and runs next', async () => {
  const stop = new AbortController()
  const running = runTasks(
    instance,
    [
      { name: 'fine', everyMs: 3_600_000, run: () => Promise.resolve() },
      {
        name: 'broken',
        everyMs: 3_600_000,
        run: () => Promise.reject(Object.assign(new Error('no'), { code: '57P03' })),
      },
    ],
    { stopping: stop.signal },
  )
  await vi.waitFor(
    async () =>
      expect((await listTasks(platform(instance))).map(({ failures }) => failures)).toEqual([1, 0]),
    { timeout: 20_000, interval: 100 },
  )
  stop.abort()
  await running
  const [broken, fine] = await listTasks(platform(instance))
  expect(fine).toMatchObject({ name: 'fine', failedAt: null, error: null, everyMs: 3_600_000 })
  expect(broken).toMatchObject({ name: 'broken', error: '57P03' })
  expect(broken?.failedAt).toBeInstanceOf(Date)
  const minutesUntil = (at: Date | null | undefined) => ((at?.getTime() ?? 0) - Date.now()) / 60_000
  expect(minutesUntil(fine?.nextRunAt)).toBeGreaterThan(59)
  expect(minutesUntil(broken?.nextRunAt)).toBeLessThan(1)
})

test('two tasks with the same name are refused', async () => {
  const task: Task = { name: 'same', everyMs: 10, run: () => Promise.resolve() }
  await expect(runTasks(instance, [task, task], { stopping: AbortSignal.abort() })).rejects.toThrow(
    'two tasks have the same name',
  )
})
