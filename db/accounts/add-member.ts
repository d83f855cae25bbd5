import type { PlatformDb } from '@rowhouse/tenancy'
import { members, type Role } from '#db/schema/platform'

/** Makes a user a member. Existing members keep their role. */
export async function addMember(
  db: PlatformDb,
  tenantId: string,
  userId: string,
  role: Role,
): Promise<void> {
  await db.insert(members).values({ tenantId, userId, role }).onConflictDoNothing()
}
