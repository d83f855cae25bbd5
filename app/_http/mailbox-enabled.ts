import { env } from '#db/env'

/**
 * Mail can be read on a page in development and tests, never in production, and only while there is
 * no mail server.
 */
export const isMailboxEnabled = () =>
  env().NODE_ENV !== 'production' && env().SMTP_URL === undefined
