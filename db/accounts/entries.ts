import type { Actor, Entry } from '@rowhouse/tenancy'

/** A user with a session. */
export type SessionCaller = { kind: 'session'; token: string; tenantId: string; actor: Actor }

/** A program with a member's API key. */
export type ApiKeyCaller = { kind: 'key'; key: string; tenantId: string; actor: Actor }

export const sessionEntry: Entry<SessionCaller> = {
  functions: {
    'tenancy.check_session(text,uuid)': 'platform',
    'tenancy.enter_with_session(text,uuid,bigint,integer)': 'tenant',
  },
  enter: ({ token }, { tenantId, epoch, statementMs }) => ({
    text: 'select tenancy.enter_with_session($1, $2, $3, $4)',
    values: [token, tenantId, epoch, statementMs],
  }),
  check: ({ token, tenantId }) => ({
    text: 'select writes from tenancy.check_session($1, $2)',
    values: [token, tenantId],
  }),
}

export const apiKeyEntry: Entry<ApiKeyCaller> = {
  functions: {
    'tenancy.check_key(text,uuid)': 'platform',
    'tenancy.enter_with_key(text,uuid,bigint,integer)': 'tenant',
  },
  enter: ({ key }, { tenantId, epoch, statementMs }) => ({
    text: 'select tenancy.enter_with_key($1, $2, $3, $4)',
    values: [key, tenantId, epoch, statementMs],
  }),
  check: ({ key, tenantId }) => ({
    text: 'select writes from tenancy.check_key($1, $2)',
    values: [key, tenantId],
  }),
}
