import { readFileSync } from 'node:fs'
import { expect, test, type Page } from '@playwright/test'
import pg from 'pg'
import { routeInventory } from '#app/_access/route-inventory'
import { loginPassword, logins as databaseLogins } from '@rowhouse/tenancy'
import { decryptEmail } from '#db/mail/outbox'
import { seededLogins, signIn } from './fixtures'
import { tenancy } from '#db/tenancy'

// Runs after everything else, when every kind of secret has been created somewhere.

type Secret = { what: string; text: string }

async function readSecrets(): Promise<Secret[]> {
  const client = new pg.Client({ connectionString: process.env.DATABASE_URL })
  await client.connect()
  const found: Secret[] = []
  const columns = await client.query<{
    schema: string
    table: string
    column: string
    type: string
  }>(`
    select table_schema as schema, table_name as table, column_name as column, data_type as type from information_schema.columns
    where table_schema in ('platform', 'tenancy') and column_name ~ '(hash|secret|encrypted)$' and table_name <> 'audit'`)
  for (const { schema, table, column, type } of columns.rows) {
    const { rows } = await client.query<{ value: string | Buffer }>(
      `select ${pg.escapeIdentifier(column)} as value from ${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)} where ${pg.escapeIdentifier(column)} is not null`,
    )
    for (const { value } of rows) {
      const bytes = Buffer.isBuffer(value)
        ? [value.toString('hex'), value.toString('base64'), value.toString('base64url')]
        : [value]
      found.push(...bytes.map((text) => ({ what: `${schema}.${table}.${column} (${type})`, text })))
    }
  }
  const { rows: queued } = await client.query<{ id: string; encrypted: string }>(
    'select id, encrypted from platform.emails where encrypted is not null',
  )
  for (const { id, encrypted } of queued)
    for (const [, token = ''] of decryptEmail(id, encrypted).text.matchAll(
      /#[a-z-]+\.([\w-]{43})/g,
    ))
      found.push({ what: 'token in an email', text: token })
  await client.end()
  for (const name of databaseLogins)
    found.push({ what: `password of ${name}`, text: loginPassword(tenancy(), name) })
  for (const name of ['AUTH_SECRET', 'ENCRYPTION_KEY'])
    found.push({ what: name, text: process.env[name] ?? '' })
  return found
}

function findSecrets(where: string, body: string, all: Secret[]): string[] {
  const known = all
    .filter(({ text }) => text.length > 15 && body.includes(text))
    .map(({ what }) => `${what} in ${where}`)
  return [
    ...known,
    ...(/\$argon2id?\$/.test(body) ? [`a password hash in ${where}`] : []),
    ...(/\browhouse_[\w-]{43}\b/.test(body) ? [`an API key in ${where}`] : []),
  ]
}

async function readBodies(page: Page, paths: string[]): Promise<[string, string][]> {
  const read = async (
    path: string,
    headers?: Record<string, string>,
  ): Promise<[string, string]> => [
    path,
    await (await page.request.get(path, { ...(headers && { headers }) })).text(),
  ]
  const result: [string, string][] = []
  for (const path of paths) result.push(await read(path), await read(path, { rsc: '1' }))
  return result
}

test('no hash, token, key or password appears in any page, payload, response, error or log', async ({
  page,
}) => {
  test.setTimeout(180_000)
  const all = await readSecrets()
  expect(all.length).toBeGreaterThan(20)
  expect(findSecrets('here', all[0]?.text ?? '', all)).not.toEqual([])
  const { pages, routes } = routeInventory(process.cwd())
  const paths = [
    ...new Set([
      ...pages.map(({ path }) => path),
      ...routes.filter(({ method }) => method === 'GET').map(({ path }) => path),
    ]),
  ].map((path) =>
    path
      .replace(/\[\.\.\..*\]/, 'session')
      .replaceAll(/\[\w+\]/g, '01a2060b-1936-7b76-be35-4d04e7a7fc17'),
  )
  const found: string[] = []
  for (const who of [
    undefined,
    ...seededLogins()
      .map(({ email }) => email)
      .filter((email) => /ada|ines|olivia/.test(email)),
  ]) {
    await page.context().clearCookies()
    if (who) await signIn(page, who)
    for (const [path, body] of await readBodies(page, paths))
      found.push(...findSecrets(`${path} as ${who ?? 'nobody'}`, body, all))
  }
  found.push(
    ...findSecrets('the log of the server', readFileSync('test-results/server.log', 'utf8'), all),
  )
  expect(found).toEqual([])
})
