import { expect, test } from 'vitest'
import { newId } from '@rowhouse/tenancy'
import { verifyExportLink, signExportLink } from '#db/accounts/export-link'

test('a link is valid for one session, one export and 15 minutes', () => {
  const [session, id, now] = [newId(), newId(), Date.now()]
  const query = new URL(signExportLink(session, id, now), 'http://x').searchParams
  const signed = { until: query.get('until'), key: query.get('key') }
  expect(verifyExportLink(session, id, signed, now)).toBe(true)
  expect(verifyExportLink(session, id, signed, now + 14 * 60_000)).toBe(true)
  expect(verifyExportLink(session, id, signed, now + 16 * 60_000)).toBe(false)
  expect(verifyExportLink(newId(), id, signed, now)).toBe(false)
  expect(verifyExportLink(session, newId(), signed, now)).toBe(false)
  expect(
    verifyExportLink(session, id, { ...signed, until: String(Number(signed.until) + 1) }, now),
  ).toBe(false)
  for (const wrong of [null, '', 'x', 'NaN'])
    expect(verifyExportLink(session, id, { until: wrong, key: signed.key }, now)).toBe(false)
  expect(verifyExportLink(session, id, { until: signed.until, key: null }, now)).toBe(false)
})
