import { expect, it } from 'vitest'
import { datesBefore, periodOf } from '#db/product/period'

const now = new Date('2026-11-23T12:00:00Z')

it('the last seven days end today, in the viewer’s zone', () => {
  const period = periodOf({ period: '7d' }, 'Europe/Berlin', now)
  expect([period.first, period.last, period.dates.length]).toEqual(['2026-11-17', '2026-11-23', 7])
  expect(period.span).toEqual({
    from: new Date('2026-11-16T23:00:00Z'),
    until: new Date('2026-11-23T23:00:00Z'),
  })
  expect(period.before).toEqual({ from: new Date('2026-11-09T23:00:00Z'), until: period.span.from })
  expect(datesBefore(period)[0]).toBe('2026-11-10')
})

it('the last day of DST has 25 hours', () => {
  const { span } = periodOf({ from: '2026-10-25', to: '2026-10-25' }, 'Europe/Berlin', now)
  expect(span.until.getTime() - span.from.getTime()).toBe(25 * 3_600_000)
})

it('dates in the wrong order are swapped, and invalid ones mean the last 30 days', () => {
  expect(periodOf({ from: '2026-02-10', to: '2026-02-01' }, 'UTC', now)).toMatchObject({
    first: '2026-02-01',
    last: '2026-02-10',
    name: 'custom',
  })
  expect(
    periodOf({ from: '2026-02-31x', to: 'tomorrow', period: '1e9d' }, 'UTC', now),
  ).toMatchObject({ name: '30d', last: '2026-11-23' })
})

it('no period is longer than two years', () => {
  expect(periodOf({ from: '0001-01-01', to: '2026-11-23' }, 'UTC', now).dates.length).toBe(731)
})

it('dates outside the supported range are clamped to it', () => {
  expect(periodOf({ to: '9999-12-31' }, 'UTC', now)).toMatchObject({
    first: '2199-12-31',
    span: { until: new Date('2200-01-01T00:00:00Z') },
  })
  expect(periodOf({ from: '0000-01-01', to: '0000-01-02' }, 'Europe/Berlin', now)).toMatchObject({
    first: '1900-01-01',
    last: '1900-01-01',
  })
})
