// npm run db:reset: deletes the development database, its secrets and its log.
import { join } from 'node:path'
import { configuredEnvironment } from './environment.ts'
import { tryLock } from './lock.mjs'
import { removePostgres } from './postgres.ts'
import { root } from './root.mjs'

const release = tryLock(join(root, '.data/dev.lock'))
try {
  if (release === undefined)
    throw new Error('npm run dev is running in this checkout; stop it first')
  const { DATABASE_URL } = configuredEnvironment()
  if (DATABASE_URL)
    throw new Error(
      `DATABASE_URL points to ${new URL(DATABASE_URL).host}, and only the embedded server is deleted; drop the database there yourself, or unset DATABASE_URL`,
    )
  await removePostgres('dev')
  console.log('The development database is deleted; npm run dev creates a new one.')
} catch (error) {
  console.error(`db:reset: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
} finally {
  release?.()
}
