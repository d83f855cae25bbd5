const deepest = 8

/**
 * What a form sent, as an object: `lines.0.quantity` becomes `{ lines: [{ quantity }] }`, a name
 * sent twice an array. Files are left out.
 */
export function formDataToObject(given: unknown): Record<string, unknown> {
  if (typeof given !== 'object' || given === null) return {}
  if (!(given instanceof FormData)) return { ...given }
  const result: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const key of new Set(given.keys())) {
    if (key.startsWith('$ACTION')) continue
    const values = given.getAll(key).filter((value) => typeof value === 'string')
    const path = key.split('.', deepest + 1)
    if (values.length > 0)
      put(result, path.length > deepest ? [key] : path, values.length > 1 ? values : values[0])
  }
  return lists(result) as Record<string, unknown>
}

function put(into: Record<string, unknown>, [name = '', ...rest]: string[], value: unknown): void {
  if (rest.length === 0) into[name] = value
  else {
    const next = into[name]
    const child =
      typeof next === 'object' && next !== null
        ? (next as Record<string, unknown>)
        : (Object.create(null) as Record<string, unknown>)
    into[name] = child
    put(child, rest, value)
  }
}

/** Objects whose keys are all numbers become lists, in the order of the numbers. */
function lists(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value).map(([key, inner]) => [key, lists(inner)] as const)
  const numbered = entries.length > 0 && entries.every(([key]) => /^\d{1,4}$/.test(key))
  return numbered
    ? entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, inner]) => inner)
    : Object.fromEntries(entries)
}

/**
 * What was typed, to fill the form again; passwords and the framework's own fields are left out,
 * and whatever no form sends.
 */
export function valuesToRefill(given: unknown): Record<string, unknown> {
  if (typeof given !== 'object' || given === null) return {}
  const entries = given instanceof FormData ? [...given.entries()] : Object.entries(given)
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
    deep > deepest ||
    (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype)
  )
    return false
  return Object.values(value).every((inner) => isPlain(inner, deep + 1))
}
