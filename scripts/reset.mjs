// npm run db:reset: deletes the development database, its secrets and its log.
import { join } from 'node:path'
import { configuredEnvironment } from './environment.mjs'
import { tryLock } from './lock.mjs'
import { removePostgres } from './postgres.mjs'
import { root } from './root.mjs'

const release = tryLock(join(root, '.data/dev.lock'))
try {
  if (release === undefined)
    throw new Error('npm run dev is running in this checkout; stop it first')
  const { DATABASE_URL } = configuredEnvironment()
  if (DATABASE_URL)
    throw new Error(
      `DATABASE_URL points to ${new URL(DATABASE_URL).host}, which is not ours to delete; drop the database there, or unset DATABASE_URL to delete the embedded one`,
    )
  await removePostgres('dev')
  console.log('The development database is gone; npm run dev makes a new one.')
} catch (error) {
  console.error(`db:reset: ${error.message}`)
  process.exitCode = 1
} finally {
  release?.()
}
