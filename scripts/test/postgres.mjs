import { developmentEnvironment } from '../environment.mjs'

/** A vitest globalSetup: the PostgreSQL server of tests, and secrets, in the environment. */
export default async function postgres() {
  const { env, stop } = await developmentEnvironment('test')
  Object.assign(process.env, env)
  return stop
}
