/** What a form sent, as an object: `lines.0.quantity` becomes `{ lines: [{ quantity }] }`, a name sent twice an array. Files are left out. */
export function nested(given: FormData | object): Record<string, unknown> {
  if (!(given instanceof FormData)) return { ...given }
  const result: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const key of new Set(given.keys())) {
    if (key.startsWith('$ACTION')) continue
    const values = given.getAll(key).filter((value) => typeof value === 'string')
    if (values.length > 0) put(result, key.split('.'), values.length > 1 ? values : values[0])
  }
  return lists(result) as Record<string, unknown>
}

function put(into: Record<string, unknown>, [name = '', ...rest]: string[], value: unknown): void {
  if (rest.length === 0) into[name] = value
  else {
    const next = into[name]
    const child = typeof next === 'object' && next !== null ? (next as Record<string, unknown>) : (Object.create(null) as Record<string, unknown>)
    into[name] = child
    put(child, rest, value)
  }
}

/** Objects whose keys are all numbers become lists, in the order of the numbers. */
function lists(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value).map(([key, inner]) => [key, lists(inner)] as const)
  const numbered = entries.length > 0 && entries.every(([key]) => /^\d{1,4}$/.test(key))
  return numbered ? entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, inner]) => inner) : Object.fromEntries(entries)
}

/** What was typed, to fill the form again; passwords and the framework's own fields are left out. */
export function typed(given: FormData | object): Record<string, unknown> {
  const entries = given instanceof FormData ? [...given.entries()] : Object.entries(given)
  return Object.fromEntries(entries.filter(([key, value]) => !key.startsWith('$ACTION') && key !== '_tenant' && !/password/i.test(key) && !(value instanceof File)))
}
