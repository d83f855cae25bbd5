import { expect, test } from 'vitest'
import * as base from '#tenancy/base/errors'
import { PipelineError } from '#tenancy/base/pipeline/pipeline'
import * as checks from '#tenancy/checks/errors'
import * as context from '#tenancy/context/errors'
import * as data from '#tenancy/data/errors'
import * as migrations from '#tenancy/migrations/errors'
import * as moves from '#tenancy/moves/errors'
import * as placements from '#tenancy/placements/errors'

// Next loads a module once per bundle, while all bundles share the pools and queues that throw.
const copyOf = async <M>(path: string) => (await import(`${path}?copy`)) as M

test('an error of another copy of the module is recognised by its class', async () => {
  const { TooBusy } = await copyOf<typeof base>('./errors.ts')
  const busy = new TooBusy('concurrent_transactions', 2, 1)
  expect(busy).not.toBeInstanceOf(base.TooBusy)
  expect(base.TooBusy.is(busy)).toBe(true)
  expect(base.RowhouseError.is(busy)).toBe(true)
  expect(base.Invalid.is(busy)).toBe(false)
})

test('a pipeline error of another copy of the module is recognised', async () => {
  const copy = await copyOf<{ PipelineError: typeof PipelineError }>('./pipeline/pipeline.ts')
  const error = new copy.PipelineError(1, new Error('division by zero'))
  expect(error).not.toBeInstanceOf(PipelineError)
  expect(PipelineError.is(error)).toBe(true)
  expect(PipelineError.is(error.cause)).toBe(false)
})

const classes = Object.entries({
  ...base,
  ...checks,
  ...context,
  ...data,
  ...migrations,
  ...moves,
  ...placements,
}).filter(([name, value]) => name !== 'RowhouseError' && 'code' in value)

test.each(classes)('the code of %s is its name, which logs show', (name, { prototype, code }) => {
  expect(Object.create(prototype, { code: { value: code } })).toMatchObject({ name })
})
