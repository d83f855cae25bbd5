import { formatDuration } from '#components/console/format-time'
import { formatCount, type Formats } from '#components/formats'
import type { Limits } from '@rowhouse/tenancy'

export type LimitName = keyof Limits

export const limitLabels: Record<LimitName, string> = {
  statementMs: 'Time for a statement',
  concurrent: 'Transactions at a time',
  requestsPerMinute: 'Requests a minute',
  apiPerMinute: 'API calls a minute',
  exportRows: 'Orders in a CSV file',
}
export const limitOrder = Object.keys(limitLabels) as LimitName[]

export const formatLimit = (name: LimitName, value: number, formats: Formats) =>
  name === 'statementMs' ? formatDuration(value) : formatCount(value, formats)
