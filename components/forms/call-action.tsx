import { unstable_rethrow } from 'next/navigation'
import type { Action, ActionState } from '#app/_actions/action'

/**
 * Calls a server action. A lost response becomes a refusal, because an error would replace the page
 * and discard what was typed.
 * @param action - The server action.
 * @param input - A form's data, or an object of the action's schema.
 * @returns The action's response.
 */
export async function callAction<R>(
  action: Action<R>,
  input: FormData | object,
): Promise<ActionState<R>> {
  try {
    return await action(null, input)
  } catch (error) {
    unstable_rethrow(error) // Next implements redirects and 404s as errors
    return {
      ok: false,
      code: 'no_answer',
      message: `No answer came back. Look whether it was done before you send it again.${digestHint(error)}`,
      fields: {},
      values: valuesOf(input),
    }
  }
}

const digestHint = (error: unknown) =>
  error instanceof Error && 'digest' in error
    ? ` If it happens again, tell support the number ${String(error.digest)}.`
    : ''

const valuesOf = (input: FormData | object): Record<string, unknown> =>
  input instanceof FormData
    ? Object.fromEntries([...input.entries()].filter(([name]) => !/password/i.test(name)))
    : {}
