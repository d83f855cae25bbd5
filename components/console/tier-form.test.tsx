import { screen } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { TierForm } from '#components/console/tier-form'
import type { Plan } from '#components/console/tier-plan'
import { formats, isDisabled, renderPage, fakeAction } from '#components/testing/page'

const limits = {} as Plan['limits']['now']
const planFor = (to: string): Plan => ({
  from: 'starter',
  to,
  tables: [],
  rows: 0,
  seconds: 1,
  steps: [`Copy to ${to}`],
  server: null,
  pause: null,
  limits: { now: limits, then: limits },
})

function openForm() {
  const plan = fakeAction<Plan>()
  const change = fakeAction()
  const { user } = renderPage(
    <TierForm
      slug="acme"
      name="Acme"
      now="starter"
      formats={formats}
      actions={{ plan: plan.action, change: change.action }}
    />,
  )
  return { user, plan, change }
}

const tier = (name: RegExp) => screen.getByRole('radio', { name })
const move = () => screen.getByRole('button', { name: /^Move Acme to/ })
const url = () => screen.getByRole('textbox', { name: 'Administrator’s URL' })
const otherServerUrl = 'postgres://admin@db2/postgres'

describe('a dry run', () => {
  it('starts when a tier is chosen, and enables the button once it has succeeded', async () => {
    const { user, plan, change } = openForm()
    expect(screen.queryByRole('button', { name: /^Move/ })).toBeNull()
    await user.click(tier(/Business/))
    expect(plan.sent).toEqual([{ slug: 'acme', tier: 'business' }])
    expect(isDisabled(move())).toBe(true)
    await plan.accept(planFor('business'))
    expect(isDisabled(move())).toBe(false)
    await user.type(screen.getByRole('textbox', { name: 'Reason' }), 'They grow')
    await user.click(move())
    expect(change.sent).toEqual([{ slug: 'acme', tier: 'business', reason: 'They grow' }])
  })

  it('that fails keeps the button disabled and shows the message', async () => {
    const { user, plan } = openForm()
    await user.click(tier(/Business/))
    await plan.refuse('The server is full.')
    expect(screen.getByText('The server is full.')).toBeDefined()
    expect(isDisabled(move())).toBe(true)
  })

  it('of an earlier choice does not enable the button for a later one', async () => {
    const { user, plan } = openForm()
    await user.click(tier(/Business/))
    await user.click(tier(/Enterprise/))
    await plan.accept(planFor('business'))
    expect(isDisabled(move())).toBe(true)
    expect(screen.queryByText('Copy to business')).toBeNull()
    await plan.accept(planFor('enterprise'))
    expect(isDisabled(move())).toBe(false)
  })
})

describe('another server', () => {
  async function chooseAnother() {
    const page = openForm()
    await page.user.click(tier(/Enterprise/))
    await page.plan.accept(planFor('enterprise'))
    await page.user.click(tier(/Another server/))
    return page
  }
  const check = () => screen.getByRole('button', { name: 'Check connection' })

  it('has to be checked first', async () => {
    const { user, plan } = await chooseAnother()
    expect(isDisabled(move())).toBe(true)
    expect(isDisabled(check())).toBe(true)
    await user.type(url(), otherServerUrl)
    await user.click(check())
    expect(plan.sent.at(-1)).toEqual({
      slug: 'acme',
      tier: 'enterprise',
      databaseUrl: otherServerUrl,
    })
    expect(isDisabled(check())).toBe(true)
    await plan.accept(planFor('enterprise'))
    expect(isDisabled(move())).toBe(false)
  })

  it('has to be checked again when its URL changes', async () => {
    const { user, plan } = await chooseAnother()
    await user.type(url(), otherServerUrl)
    await user.click(check())
    await plan.accept(planFor('enterprise'))
    await user.type(url(), '2')
    expect(isDisabled(move())).toBe(true)
  })

  it('ignores the response for a URL that has changed since', async () => {
    const { user, plan } = await chooseAnother()
    await user.type(url(), otherServerUrl)
    await user.click(check())
    await user.type(url(), '2')
    await plan.accept(planFor('enterprise'))
    expect(isDisabled(move())).toBe(true)
  })

  it('can be swapped for this server, which starts a new dry run', async () => {
    const { user, plan } = await chooseAnother()
    await user.click(tier(/This server/))
    expect(plan.sent.at(-1)).toEqual({ slug: 'acme', tier: 'enterprise' })
    await plan.accept(planFor('enterprise'))
    expect(isDisabled(move())).toBe(false)
  })
})
