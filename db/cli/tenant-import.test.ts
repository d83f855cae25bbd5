import { rm, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bySlug, closePools, newId, placementOf } from '@rowhouse/tenancy'
import { writeExport } from '@rowhouse/tenancy/data'
import { fingerprint } from '@rowhouse/tenancy/testing'
import { addMember } from '#db/accounts/add-member'
import * as members from '#db/accounts/members'
import * as users from '#db/accounts/users'
import { run } from '#db/cli/tenant-import'
import { createTestTenant, type TestTenant } from '#db/isolation/testing/test-tenants'
import { users as userTable } from '#db/schema/platform'
import { platform, tenancy } from '#db/tenancy'

let folder: string
let path: string
let source: TestTenant
let partner: { id: string; email: string }
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowhouse-cli-import-'))
  path = join(folder, 'source.zip')
  source = await createTestTenant('shared', 'source', 3)
  partner = await users.create(platform(), { email: `z${newId()}@people.example`, name: 'Partner' })
  await addMember(platform(), source.id, partner.id, 'owner')
  await writeExport(tenancy(), await placementOf(tenancy(), source.id), { path, reason: 'test' })
})
afterAll(async () => {
  await closePools(tenancy())
  await rm(folder, { recursive: true })
})

const imported = async (values: Record<string, string>) => {
  const slug = `n${newId()}`
  await run({ values: { as: slug, ...values }, positionals: [path] })
  const { id } = await bySlug(platform(), slug)
  return { id, people: (await members.list(id)).map(({ userId, role }) => ({ userId, role })) }
}

test('an imported tenant belongs to the first owner in the file who has an account here', async () => {
  const good = await fingerprint(tenancy(), source.id)
  const first = await imported({})
  expect(first.people).toEqual([{ userId: source.owner.actor.id, role: 'owner' }])
  expect(await fingerprint(tenancy(), first.id)).toEqual(good)
  await platform()
    .delete(userTable)
    .where(eq(userTable.id, source.owner.actor.id ?? ''))
  expect((await imported({})).people).toEqual([{ userId: partner.id, role: 'owner' }])
  await platform().delete(userTable).where(eq(userTable.id, partner.id))
  await expect(imported({})).rejects.toThrow('no owner in the file has an account here')
})

test('with --owner it belongs to that user, who gets an account', async () => {
  const email = `new-${newId()}@people.example`
  const { people } = await imported({ owner: ` ${email.toUpperCase()} ` })
  expect(people).toEqual([{ userId: (await users.byEmail(platform(), email))?.id, role: 'owner' }])
})
