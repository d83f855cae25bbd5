import { env } from '#db/env'

/** The mailbox page exists in development and tests only, and only if no email server is set. */
export const isMailboxEnabled = () =>
  env().NODE_ENV !== 'production' && env().SMTP_URL === undefined
