import type pg from 'pg'
import { ConnectionFailed, RowhouseError } from '#tenancy/base/errors'

/** The server cannot be reached, or has ended this connection: the same call may succeed later. */
const connectionCodes: Record<string, string> = {
  '08000': 'connection_exception',
  '08001': 'the client could not establish the connection',
  '08003': 'the connection does not exist',
  '08004': 'the server rejected the connection',
  '08006': 'connection_failure',
  '08P01': 'protocol_violation: the answer of a pooler that has lost its server',
  '25P03': 'the server ended a session that was idle inside a transaction',
  '53300': 'too_many_connections',
  '57P01': 'an administrator ended the connection, or the server is shutting down',
  '57P02': 'another process of the server crashed',
  '57P03': 'the server is starting up or shutting down',
  '57P05': 'the server ended an idle session',
  EADDRNOTAVAIL: 'no local port is free',
  EAI_AGAIN: 'the name server does not answer',
  ECONNABORTED: 'the connection was aborted on this machine',
  ECONNREFUSED: 'nothing listens on that port',
  ECONNRESET: 'the connection was reset',
  EHOSTDOWN: 'the host is down',
  EHOSTUNREACH: 'no route to the host',
  EMFILE: 'this process has no file descriptor left',
  ENETDOWN: 'the network is down',
  ENETUNREACH: 'no route to the network',
  ENFILE: 'this machine has no file descriptor left',
  ENOTFOUND: 'the host has no address, as while a container is being replaced',
  EPIPE: 'the connection was closed while it was written to',
  ERR_STREAM_DESTROYED: 'a copy was written to a connection that had been closed',
  ERR_STREAM_PREMATURE_CLOSE: 'the connection closed in the middle of a copy',
  ETIMEDOUT: 'the host does not answer',
}

/** The statement conflicted with another transaction. */
const conflictCodes: Record<string, string> = {
  '40001': 'serialization_failure: a concurrent change came first',
  '40P01': 'deadlock_detected',
  '55P03': 'lock_not_available: lock_timeout expired',
}

/**
 * Returns the code of an error: a SQLSTATE, a code of Node's, or that of an engine error.
 * @param error - Any thrown value. Drizzle wraps errors of the driver, so its causes are searched too.
 * @returns The first code found; undefined if there is none.
 */
export function codeOf(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ('code' in cause && typeof cause.code === 'string' && cause.code !== '') return cause.code
  return undefined
}

/** An error that PostgreSQL has reported. `code` is its SQLSTATE. */
export type DatabaseError = pg.DatabaseError & { code: string }

/**
 * Recognises errors that PostgreSQL has reported, by their fields: a process may load pg more than
 * once.
 * @param error - Any thrown value. Its causes are not searched.
 * @returns Whether it has the fields of an error message of PostgreSQL.
 */
export const isDatabaseError = (error: unknown): error is DatabaseError =>
  error instanceof Error && 'severity' in error && 'code' in error && typeof error.code === 'string'

/**
 * Recognises connection errors. A commit that fails with one may have taken effect.
 * @param error - Any thrown value.
 * @returns Whether the database could not be reached, or the connection was lost.
 */
export function isConnectionError(error: unknown): boolean {
  const code = codeOf(error)
  if (code === undefined) return false
  return code in connectionCodes || code === ConnectionFailed.code
}

/**
 * Recognises errors that may disappear by themselves: connection errors, conflicts with other
 * transactions, and engine errors that are `retryable`.
 * @param error - Any thrown value.
 * @returns Whether the same call may succeed later.
 */
export function isTransient(error: unknown): boolean {
  if (RowhouseError.is(error)) return error.retryable
  return isConnectionError(error) || isTransientCode(codeOf(error))
}

/**
 * Recognises the codes of connection errors and conflicts.
 * @param code - A SQLSTATE or a code of Node's.
 * @returns Whether the same call may succeed later.
 */
export const isTransientCode = (code: string | null | undefined): boolean =>
  code != null && (code in connectionCodes || code in conflictCodes)
