import { createServer, type Socket } from 'node:net'
import { eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import * as environment from '#db/env'
import { sendDueEmails } from '#db/mail/deliver'
import { renderEmail } from '#db/mail/render'
import * as templates from '#db/mail/templates'
import { queueEmail } from '#db/mail/outbox'
import { closePools } from '@rowhouse/tenancy'
import { platform, tenancy } from '#db/tenancy'
import { emails } from '#db/schema/accounts'

let refusing = false
const received: string[] = []

/** A minimal SMTP server (RFC 5321). */
function serveSmtp(socket: Socket) {
  let data: string[] | undefined
  socket.write('220 test\r\n')
  let rest = ''
  socket.on('data', (chunk) => {
    const lines = (rest + chunk.toString()).split('\r\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (data) {
        if (line === '.') {
          received.push(data.join('\n'))
          data = undefined
          socket.write('250 queued\r\n')
        } else data.push(line)
      } else if (line.startsWith('DATA')) {
        data = []
        socket.write('354 go on\r\n')
      } else if (line.startsWith('QUIT')) socket.end('221 bye\r\n')
      else socket.write(refusing && line.startsWith('RCPT') ? '451 later\r\n' : '250 fine\r\n')
    }
  })
  socket.on('error', () => {})
}

const server = createServer(serveSmtp)
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const at = server.address()
  const SMTP_URL = `smtp://127.0.0.1:${typeof at === 'object' && at ? at.port : 0}`
  const actual = environment.env()
  vi.spyOn(environment, 'env').mockImplementation(() => ({ ...actual, SMTP_URL }))
})
afterAll(async () => {
  server.close()
  await closePools(tenancy())
})

const rows = () => platform().select().from(emails).orderBy(emails.createdAt)

test('an email is encrypted while queued and its content deleted once sent; two concurrent senders send each email once', async () => {
  for (const to of ['a@mail.example', 'b@mail.example', 'c@mail.example'])
    await queueEmail(platform(), {
      to,
      kind: 'reset',
      content: templates.reset('TOKEN-IN-THE-EMAIL'),
    })
  expect(JSON.stringify(await rows())).not.toContain('TOKEN-IN-THE-EMAIL')
  const done = await Promise.all([sendDueEmails(), sendDueEmails()])
  expect(done.reduce((sum, { sent }) => sum + sent, 0)).toBe(3)
  expect(received).toHaveLength(3)
  expect(received[0]).toMatch(/multipart\/alternative/)
  expect(received.join()).toContain('Subject: Choose a new password')
  expect(await rows()).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ encrypted: null, sentAt: expect.any(Date) as unknown }),
    ]),
  )
})

test('a refused email is retried with growing delays and the same message id', async () => {
  await platform().delete(emails)
  received.length = 0
  await queueEmail(platform(), {
    to: 'later@mail.example',
    kind: 'reset',
    content: templates.noAccount(),
  })
  refusing = true
  expect(await sendDueEmails()).toEqual({ sent: 0, failed: 1 })
  expect(await sendDueEmails()).toEqual({ sent: 0, failed: 0 })
  const [first] = await rows()
  expect(first).toMatchObject({ attempts: 1, lastError: expect.stringContaining('451') as unknown })
  expect((first?.nextAttemptAt.getTime() ?? 0) - Date.now()).toBeGreaterThan(20_000)
  await platform()
    .update(emails)
    .set({ nextAttemptAt: sql`now()` })
  expect(await sendDueEmails()).toEqual({ sent: 0, failed: 1 })
  const [second] = await rows()
  expect((second?.nextAttemptAt.getTime() ?? 0) - Date.now()).toBeGreaterThan(50_000)
  refusing = false
  await platform()
    .update(emails)
    .set({ nextAttemptAt: sql`now()` })
    .where(eq(emails.id, second?.id ?? ''))
  expect(await sendDueEmails()).toEqual({ sent: 1, failed: 0 })
  expect(received[0]).toContain(`Message-ID: <${second?.id}@localhost>`)
})

test('an email of a rolled-back transaction is not sent', async () => {
  await platform().delete(emails)
  await platform()
    .transaction(async (tx) => {
      await queueEmail(tx, {
        to: 'never@mail.example',
        kind: 'reset',
        content: templates.noAccount(),
      })
      tx.rollback()
    })
    .catch(() => {})
  expect(await rows()).toEqual([])
})

test('names in an email cannot inject markup or headers', () => {
  const { html, subject } = renderEmail(
    templates.invitation(
      '<img src=x onerror=alert(1)>\r\nBcc: all@x.example',
      'A & B',
      'member',
      'token',
    ),
  )
  expect(html).not.toContain('<img')
  expect(subject).not.toMatch(/[\r\n]/)
})
