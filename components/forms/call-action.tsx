import { unstable_rethrow } from 'next/navigation'
import type { Action, ActionState } from '#app/_actions/action'

/**
 * What an action says. When no answer comes back, a refusal: an error would take the page away, and
 * what was typed with it.
 */
export async function callAction<R>(
  action: Action<R>,
  given: FormData | object,
): Promise<ActionState<R>> {
  try {
    return await action(null, given)
  } catch (error) {
    unstable_rethrow(error) // leads to another page, or to the one that says that there is none
    return {
      ok: false,
      message: `No answer came back. Look whether it was done before you send it again.${numberOf(error)}`,
      fields: {},
      values: keptValues(given),
    }
  }
}

const numberOf = (error: unknown) =>
  error instanceof Error && 'digest' in error
    ? ` If it happens again, tell support the number ${String(error.digest)}.`
    : ''

const keptValues = (given: FormData | object): Record<string, unknown> =>
  given instanceof FormData
    ? Object.fromEntries([...given.entries()].filter(([name]) => !/password/i.test(name)))
    : {}
