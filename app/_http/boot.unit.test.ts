import { expect, test } from 'vitest'
import { isDatabaseUnreachable } from '#app/_http/boot'
import { SchemaTooNew, UnsafeLogin } from '@rowhouse/tenancy'

test.each([
  ['refuses', Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })],
  [
    'is starting up',
    Object.assign(new Error('the database system is starting up'), { code: '57P03' }),
  ],
  ['says nothing', new Error('timeout expired')],
  ['hangs up', new Error('Connection terminated unexpectedly')],
])('a server that %s is waited for', (_, error) => {
  expect(isDatabaseUnreachable(error)).toBe(true)
})

test.each([
  [
    'a broken invariant',
    new Error(
      'the database is not safe to serve from (`doctor` tells more):\n  - login-settings: rowhouse_tenant: it starts with the setting idle_session_timeout=0',
    ),
  ],
  [
    'a newer schema',
    new SchemaTooNew(
      'shared',
      ['0042_later'],
      '0041_earlier',
      'which breaks it: it ended the use of a column',
    ),
  ],
  ['a login that is too strong', new UnsafeLogin('rowhouse_tenant', ['it has BYPASSRLS'])],
])('%s is not taken for a server that is away, whatever its words are', (_, error) => {
  expect(isDatabaseUnreachable(error)).toBe(false)
})
