import { secretHash, type Actor, type Entry } from '@rowhouse/tenancy'

/** A user with a session. */
export type SessionCaller = { kind: 'session'; token: string; tenantId: string; actor: Actor }

/** A program with a member's API key. */
export type ApiKeyCaller = { kind: 'key'; key: string; tenantId: string; actor: Actor }

export const sessionEntry: Entry<SessionCaller> = {
  functions: {
    'tenancy.check_session(bytea,uuid)': 'platform',
    'tenancy.enter_with_session(bytea,uuid,bigint,integer)': 'tenant',
  },
  enter: ({ token }, { tenantId, epoch, statementMs }) => ({
    text: 'select tenancy.enter_with_session($1, $2, $3, $4)',
    values: [secretHash(token), tenantId, epoch, statementMs],
  }),
  check: ({ token, tenantId }) => ({
    text: 'select writes from tenancy.check_session($1, $2)',
    values: [secretHash(token), tenantId],
  }),
}

export const apiKeyEntry: Entry<ApiKeyCaller> = {
  functions: {
    'tenancy.check_key(bytea,uuid)': 'platform',
    'tenancy.enter_with_key(bytea,uuid,bigint,integer)': 'tenant',
  },
  enter: ({ key }, { tenantId, epoch, statementMs }) => ({
    text: 'select tenancy.enter_with_key($1, $2, $3, $4)',
    values: [secretHash(key), tenantId, epoch, statementMs],
  }),
  check: ({ key, tenantId }) => ({
    text: 'select writes from tenancy.check_key($1, $2)',
    values: [secretHash(key), tenantId],
  }),
}
