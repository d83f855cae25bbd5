import { developmentEnvironment } from '../environment.ts'

/** A vitest globalSetup: puts the PostgreSQL server for tests, and secrets, into the environment. */
export default async function postgres(): Promise<() => Promise<void>> {
  const { env, stop } = await developmentEnvironment('test')
  Object.assign(process.env, env)
  return stop
}
