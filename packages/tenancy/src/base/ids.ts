import { randomBytes } from 'node:crypto'

const form = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * Creates a UUIDv7 (RFC 9562): 48 bits of time, then random bits, so that new ids sort after old
 * ones.
 * @param now - Milliseconds since 1970; the current time by default.
 * @returns The id.
 */
export function newId(now = Date.now()): string {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(now, 0, 6)
  bytes[6] = 0x70 | (bytes.readUInt8(6) & 0x0f)
  bytes[8] = 0x80 | (bytes.readUInt8(8) & 0x3f)
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/**
 * Checks an id. No other value reaches SQL as an id.
 * @param value - Any value.
 * @returns Whether it is a lower-case UUID with hyphens.
 */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && form.test(value)
}

/**
 * The name of a dedicated placement's schema, role and database: `t_` and the id's 32 hex digits.
 * @param tenantId - The tenant.
 * @returns The name.
 * @throws TypeError for anything but a lower-case UUID.
 */
export function privateName(tenantId: string): string {
  if (!isId(tenantId)) throw new TypeError(`not a tenant id: ${tenantId}`)
  return `t_${tenantId.replaceAll('-', '')}`
}

/**
 * Finds the tenant in the name of a database object.
 * @param name - An identifier that may be qualified, such as `t_0190f6….notes`, or a tenant id.
 * @returns The tenant's id; undefined when the name belongs to no single tenant.
 */
export function tenantIdIn(name: string): string | undefined {
  if (isId(name)) return name
  const [, hex] = /\bt_([0-9a-f]{32})\b/.exec(name) ?? []
  return hex?.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
