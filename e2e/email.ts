import type { Page } from '@playwright/test'
import { newestEmail } from '#db/testing/mailbox'

/** Renders the newest email to an address, as an email client would, and follows its link. */
export async function clickEmailLink(page: Page, to: string, kind?: string): Promise<void> {
  const { html } = await newestEmail(to, kind)
  await page.goto('about:blank')
  await page.setContent(html)
  await page.getByRole('link').first().click()
  await page.waitForURL((url) => url.protocol.startsWith('http') && url.pathname !== '/open')
}
