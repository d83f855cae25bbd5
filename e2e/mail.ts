import type { Page } from '@playwright/test'
import { newestMail } from '#db/testing/mailbox'

/** Opens the newest mail to an address as a mail program would, and clicks its button. */
export async function clickMailLink(page: Page, to: string, kind?: string): Promise<void> {
  const mail = await newestMail(to, kind)
  await page.goto('about:blank')
  await page.setContent(mail.html)
  await page.getByRole('link').first().click()
  await page.waitForURL((url) => url.protocol.startsWith('http') && url.pathname !== '/open')
}
