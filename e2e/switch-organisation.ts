import { expect, type Page } from '@playwright/test'

/** Goes to another of one's organisations, unless one is there already. */
export async function switchTo(page: Page, name: string): Promise<void> {
  const switcher = page.getByRole('button', { name: /^Organisation:/ }).first()
  if (!(await switcher.textContent())?.includes(name)) {
    await switcher.click()
    await page
      .getByRole('menuitemradio', { name: new RegExp(`^${name}`) })
      .first()
      .click()
  }
  await expect(switcher).toContainText(name)
}
