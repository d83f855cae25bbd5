import { expect, test } from 'vitest'
import { ConnectionFailed, Invalid, TookTooLong } from '#tenancy/base/errors'
import { codeOf, isConnectionError, isTransient } from '#tenancy/base/transient-errors'
import { isRetryableMigrationError } from '#tenancy/migrations/retryable'
import { MigrationFailed, SchemaTooNew } from '#tenancy/migrations/errors'

const coded = (code: string) => Object.assign(new Error('xyzzy'), { code })
const reworded = <E extends Error>(error: E): E => Object.assign(error, { message: 'xyzzy' })

test.each([
  ['a server that is not up', coded('ECONNREFUSED')],
  ['a server that is starting', coded('57P03')],
  ['a server without a free connection', coded('53300')],
  ['a connection that the server has ended', coded('57P01')],
  ['a timeout', reworded(new ConnectionFailed('answer timeout', { ms: 5 }))],
  ['a closed connection', reworded(new ConnectionFailed('closed'))],
  [
    'an error of the driver that Drizzle has wrapped',
    new Error('xyzzy', { cause: coded('08006') }),
  ],
])('%s is a connection error, which moves and migrations retry', (_, error) => {
  expect(isConnectionError(error)).toBe(true)
  expect(isTransient(error)).toBe(true)
  expect(isRetryableMigrationError(error)).toBe(true)
})

test.each([
  ['a lock timeout', coded('55P03')],
  ['a deadlock', coded('40P01')],
  ['a serialization failure', coded('40001')],
])('%s is retried, and is not a connection error', (_, error) => {
  expect(isConnectionError(error)).toBe(false)
  expect(isTransient(error)).toBe(true)
  expect(isRetryableMigrationError(error)).toBe(true)
})

test.each([
  [
    'an error whose text mentions a connection',
    new Error('connection terminated, timeout expired'),
  ],
  ['wrong input', new Invalid('field', 'the connection was terminated unexpectedly')],
  ['a programming error', new TypeError('Connection terminated')],
  ['a wrong password', coded('28P01')],
  ['a full disk', coded('53100')],
  ['a broken invariant', coded('23505')],
])('%s is neither', (_, error) => {
  expect(isConnectionError(error)).toBe(false)
  expect(isTransient(error)).toBe(false)
})

test('a retryable engine error is not a connection error', () => {
  const newer = new SchemaTooNew('shared', ['0042_later'], '0041_earlier')
  for (const error of [newer, new TookTooLong(5)]) {
    expect(isConnectionError(error)).toBe(false)
    expect(isTransient(error)).toBe(true)
  }
})

test('only the SQLSTATE decides whether a failed migration is retried', () => {
  const failed = (sqlstate: string | null) =>
    reworded(
      new MigrationFailed({
        target: 'shared',
        migration: '0001',
        statement: null,
        sqlstate,
        server: 'xyzzy',
      }),
    )
  expect(isRetryableMigrationError(failed('55P03'))).toBe(true)
  expect(isRetryableMigrationError(failed('42601'))).toBe(false)
  expect(isRetryableMigrationError(failed(null))).toBe(false)
})

test('the code of an error is the first one among it and its causes', () => {
  expect(codeOf(new Error('a', { cause: coded('57P01') }))).toBe('57P01')
  expect(codeOf(Object.assign(new Error('a', { cause: coded('57P01') }), { code: 'X' }))).toBe('X')
  expect(codeOf('57P01')).toBeUndefined()
})
