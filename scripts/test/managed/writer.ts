// Writes orders of a tenant until standard input ends, and prints how its rows differ from what it
// wrote. Arguments: the slug of the tenant, and the email address of a member.
import { once } from 'node:events'
import { orderWorkload } from '#db/bench/order-workload'
import * as users from '#db/accounts/users'
import { callerFor } from '#db/isolation/testing/test-tenants'
import { platform, tenancy } from '#db/tenancy'
import { bySlug, closePools, forgetPlacement, setLimits } from '@rowhouse/tenancy'
import { listenForPlacements } from '@rowhouse/tenancy/moves'
import { Writer, compareWithLedger } from '@rowhouse/tenancy/testing'

const [slug = '', email = ''] = process.argv.slice(2)
const { id } = await bySlug(platform(), slug)
const user = await users.byEmail(platform(), email)
if (!user) throw new Error(`there is no user ${email}`)
await setLimits(
  tenancy(),
  { tenantId: id, actor: 'test', reason: 'the writer runs three transactions at a time' },
  { concurrent: 6 },
)
const stopListening = listenForPlacements(tenancy())
const writer = new Writer(tenancy(), orderWorkload, await callerFor(user.id, id), 100)
await writer.start(3)
console.log('started')

process.stdin.resume()
await once(process.stdin, 'end')
const { transactions, refusals, doubts } = await writer.stop()
forgetPlacement(tenancy())
const differences = await compareWithLedger(tenancy(), orderWorkload, id, writer.ledger)
console.log(JSON.stringify({ transactions, refusals, doubts, ...differences }))
await stopListening()
await closePools(tenancy())
