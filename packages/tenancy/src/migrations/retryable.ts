import pg from 'pg'
import { MigrationFailed } from '#tenancy/migrations/errors'

/** Errors that another try may not meet. Everything else is recorded at once. */
const retryableCodes: Record<string, string> = {
  '55P03': 'a lock was not to be had in time, or another runner or a move has the target',
  '40P01': 'two transactions waited for each other',
  '40001': 'a concurrent change came first',
  '53300': 'the server has no connection left',
  '57P01': 'the server or an administrator ended the connection',
  '57P02': 'another process of the server crashed',
  '57P03': 'the server is starting or stopping',
  ECONNREFUSED: 'the server is not up, or starting again',
  ECONNRESET: 'the connection broke',
}

/**
 * True for what is worth another try. A lost connection may have committed: the ledger will tell.
 */
export function isRetryable(error: unknown): boolean {
  if (MigrationFailed.is(error)) return error.sqlstate !== null && error.sqlstate in retryableCodes
  if (error instanceof pg.DatabaseError) return error.code != null && error.code in retryableCodes
  if (!(error instanceof Error)) return false
  return (
    ('code' in error && String(error.code) in retryableCodes) ||
    /connection terminated|not queryable|connection error/i.test(error.message)
  )
}

/** Longer each time, and never two at the same moment. */
export const pauseMs = (tries: number): number =>
  200 * 2 ** (tries - 1) * (0.75 + Math.random() / 2)
