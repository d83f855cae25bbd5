import { DrizzleQueryError } from 'drizzle-orm'
import { ConnectionFailed } from '@rowhouse/tenancy'
import { expect, test } from 'vitest'
import { errorFields } from '#db/log'

test('an error of ours is logged with its message, also when another one caused it', () => {
  const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
  expect(errorFields(new ConnectionFailed('closed', { cause }))).toMatchObject({
    code: 'ECONNREFUSED',
    message: 'the connection to the database was closed',
  })
})

test('the message of another error is not logged, because it can contain values of rows', () => {
  const cause = Object.assign(new Error('the value secret is taken'), {
    code: '23505',
    severity: 'ERROR',
  })
  const fields = errorFields(new DrizzleQueryError('insert', ['secret'], cause))
  expect(fields).toMatchObject({ error: 'DatabaseError', code: '23505', message: undefined })
  expect(JSON.stringify({ ...fields, at: undefined })).not.toContain('secret')
})
