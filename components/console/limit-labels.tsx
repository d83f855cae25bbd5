import { duration } from '#components/console/figures'
import { count, type Formats } from '#components/formats'
import type { Limits } from '#db/limits/limits'

export type LimitName = keyof Limits

export const limitNames: Record<LimitName, string> = {
  statementMs: 'Time for a statement',
  concurrent: 'Transactions at a time',
  requestsPerMinute: 'Requests a minute',
  apiPerMinute: 'API calls a minute',
  exportRows: 'Orders in a CSV file',
}
export const limitOrder = Object.keys(limitNames) as LimitName[]

export const limitText = (name: LimitName, value: number, formats: Formats) =>
  name === 'statementMs' ? duration(value) : count(value, formats)
