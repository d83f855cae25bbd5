import { expect, it } from 'vitest'
import { csvLine } from '#db/product/csv'

it('a formula is turned into text', () => {
  for (const text of [
    '=1+1',
    '+1',
    '-1',
    '@sum(a1)',
    '\t=1',
    ' =cmd()',
    '\r=1',
    '＝1+1',
    '＠SUM(1)',
    '＋1',
    ' －1',
  ])
    expect(csvLine([text])).toMatch(/^"?'/)
})

it('quotes, commas and line breaks are preserved', () => {
  expect(csvLine(['say "hello", twice', 'two\nlines', 3])).toBe(
    '"say ""hello"", twice","two\nlines",3\r\n',
  )
})

it('a formula after a separator of another locale is turned into text', () => {
  expect(csvLine(['x;=1+1', 'a\t＝2', 'b;c', 'd - e'])).toBe(`"x;'=1+1","a\t'＝2","b;c",d - e\r\n`)
})
