import { expect, test } from 'vitest'
import { newId } from '@rowhouse/tenancy'
import { isLink, linkTo } from '#db/accounts/export-link'

test('a download has a link for one session, one export and a quarter of an hour', () => {
  const [session, id, now] = [newId(), newId(), Date.now()]
  const query = new URL(linkTo(session, id, now), 'http://x').searchParams
  const given = { until: query.get('until'), key: query.get('key') }
  expect(isLink(session, id, given, now)).toBe(true)
  expect(isLink(session, id, given, now + 14 * 60_000)).toBe(true)
  expect(isLink(session, id, given, now + 16 * 60_000)).toBe(false)
  expect(isLink(newId(), id, given, now)).toBe(false)
  expect(isLink(session, newId(), given, now)).toBe(false)
  expect(isLink(session, id, { ...given, until: String(Number(given.until) + 1) }, now)).toBe(false)
  for (const wrong of [null, '', 'x', 'NaN'])
    expect(isLink(session, id, { until: wrong, key: given.key }, now)).toBe(false)
  expect(isLink(session, id, { until: given.until, key: null }, now)).toBe(false)
})
