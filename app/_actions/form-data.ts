const maxDepth = 8

/**
 * Converts a form's data to an object: `lines.0.quantity` becomes `{ lines: [{ quantity }] }`, and a
 * name that is sent twice becomes an array. Files are dropped.
 * @param input - A form's data; a plain object is copied. Anything else becomes an empty object.
 */
export function formDataToObject(input: unknown): Record<string, unknown> {
  if (typeof input !== 'object' || input === null) return {}
  if (!(input instanceof FormData)) return { ...input }
  const result: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const key of new Set(input.keys())) {
    if (key.startsWith('$ACTION')) continue
    const values = input.getAll(key).filter((value) => typeof value === 'string')
    const path = key.split('.', maxDepth + 1)
    if (values.length > 0)
      setPath(result, path.length > maxDepth ? [key] : path, values.length > 1 ? values : values[0])
  }
  return toArrays(result) as Record<string, unknown>
}

function setPath(
  into: Record<string, unknown>,
  [name = '', ...rest]: string[],
  value: unknown,
): void {
  if (rest.length === 0) into[name] = value
  else {
    const next = into[name]
    const child =
      typeof next === 'object' && next !== null
        ? (next as Record<string, unknown>)
        : (Object.create(null) as Record<string, unknown>)
    into[name] = child
    setPath(child, rest, value)
  }
}

/** Converts objects whose keys are all numbers to arrays, in the order of the numbers. */
function toArrays(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value).map(([key, inner]) => [key, toArrays(inner)] as const)
  const isArray = entries.length > 0 && entries.every(([key]) => /^\d{1,4}$/.test(key))
  return isArray
    ? entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, inner]) => inner)
    : Object.fromEntries(entries)
}

/**
 * The submitted values, to refill the form. Passwords, the framework's own fields and values that
 * are not plain data are left out.
 */
export function valuesToRefill(input: unknown): Record<string, unknown> {
  if (typeof input !== 'object' || input === null) return {}
  const entries = input instanceof FormData ? [...input.entries()] : Object.entries(input)
  return Object.fromEntries(
    entries.filter(
      ([key, value]) =>
        !key.startsWith('$ACTION') && key !== '_tenant' && !/password/i.test(key) && isPlain(value),
    ),
  )
}

function isPlain(value: unknown, deep = 0): boolean {
  if (typeof value !== 'object' || value === null)
    return ['string', 'number', 'boolean', 'undefined'].includes(typeof value) || value === null
  if (
    deep > maxDepth ||
    (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype)
  )
    return false
  return Object.values(value).every((inner) => isPlain(inner, deep + 1))
}
