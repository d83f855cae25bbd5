import { expect, it } from 'vitest'
import { decimalText, parseMinor } from '#db/money'

it.each([
  ['12.34', 'EUR', 1234],
  ['12,34', 'EUR', 1234],
  ['12', 'EUR', 1200],
  ['0.1', 'EUR', 10],
  [' 1 000.50 ', 'EUR', 100050],
  ['1000', 'JPY', 1000],
  ['1.234', 'KWD', 1234],
])('parses %s %s', (text, currency, minor) => {
  expect(parseMinor(text, currency)).toEqual({ ok: true, minor })
})

it.each([
  ['12.345', 'EUR', 'EUR has 2 decimals'],
  ['1.5', 'JPY', 'JPY has no decimals'],
  ['-1', 'EUR', 'below zero'],
  ['', 'EUR', 'Type an amount'],
  ['1e3', 'EUR', 'Type an amount'],
  ['1,234.50', 'EUR', 'Type an amount'],
  ['9999999999', 'EUR', 'too large'],
])('refuses %s %s', (text, currency, why) => {
  const parsed = parseMinor(text, currency)
  expect(parsed.ok ? '' : parsed.message).toContain(why)
})

it('parsing a formatted amount returns the same amount', () => {
  for (const [minor, currency] of [
    [1, 'EUR'],
    [123456, 'USD'],
    [0, 'EUR'],
    [5, 'KWD'],
    [7, 'JPY'],
  ] as const) {
    expect(parseMinor(decimalText(minor, currency), currency)).toEqual({ ok: true, minor })
  }
})
