import pino from 'pino'
import { logLevels } from '#db/env'
import { RowhouseError, isDatabaseError } from '@rowhouse/tenancy'

let logger: pino.Logger | undefined

/**
 * The log: one JSON document per line on standard output. Log ids, names and numbers, never user
 * input.
 */
export const log = (): pino.Logger => (logger ??= logTo(1))

/** Logs to standard error instead. For commands, whose standard output is their result. */
export const logToStandardError = (): void => void (logger = logTo(2))

// reads no other setting, so that it can report that the settings are invalid
const logTo = (descriptor: 1 | 2): pino.Logger =>
  pino(
    {
      level: logLevels.find((level) => level === process.env.LOG_LEVEL) ?? 'info',
      base: { pid: process.pid },
      serializers: { err: errorFields },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: [
        'token',
        'password',
        'cookie',
        'authorization',
        '*.token',
        '*.password',
        '*.cookie',
        '*.authorization',
        'url',
        '*.connectionString',
      ],
    },
    pino.destination({ fd: descriptor, sync: true }),
  )

/**
 * The fields of an error that are logged: the class and code of its cause, and the message only of an
 * error of ours, because messages of PostgreSQL can contain row values. A production build shortens
 * class names, so none is read from a constructor.
 */
export function errorFields(error: unknown): Record<string, unknown> {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (!(cause instanceof Error)) return { error: typeof cause }
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
  const ours = [error, cause].find((one) => RowhouseError.is(one))
  return {
    error: isDatabaseError(cause) ? 'DatabaseError' : cause.name,
    code,
    message: ours?.message,
    at: cause.stack
      ?.split('\n')
      .map((line) => line.trim())
      .filter((line) => line.startsWith('at '))
      .slice(0, 4),
  }
}
