import { expect, type Page } from '@playwright/test'

/** Makes an organisation of the signed-in user the active one. */
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
