import { unstable_isUnrecognizedActionError, unstable_rethrow } from 'next/navigation'
import type { Action, ActionState } from '#app/_actions/action'

/** The code of the refusal when the server runs another build, which does not have the action. */
export const outdatedPage = 'outdated_page'

/**
 * Calls a server action. A lost response becomes a refusal, because an error would replace the page
 * and discard what was typed; so does the response of a build that does not have the action.
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
    return { ok: false, ...explain(error), fields: {}, values: valuesOf(input) }
  }
}

function explain(error: unknown): { code: string; message: string } {
  if (unstable_isUnrecognizedActionError(error))
    return {
      code: outdatedPage,
      message: 'A new version is available. Nothing was sent: reload the page, then send it again.',
    }
  return (
    problemIn(error) ?? {
      code: 'no_answer',
      message: `No answer came back. Look whether it was done before you send it again.${digestHint(error)}`,
    }
  )
}

/** The refusal of `proxy`, which Next passes on as the message of an error. */
function problemIn(error: unknown): { code: string; message: string } | undefined {
  if (!(error instanceof Error) || !error.message.startsWith('{')) return undefined
  try {
    const { code, message } = JSON.parse(error.message) as Record<string, unknown>
    if (typeof code === 'string' && typeof message === 'string') return { code, message }
  } catch {
    // not ours
  }
  return undefined
}

const digestHint = (error: unknown) =>
  error instanceof Error && 'digest' in error
    ? ` If it happens again, tell support the number ${String(error.digest)}.`
    : ''

const valuesOf = (input: FormData | object): Record<string, unknown> =>
  input instanceof FormData
    ? Object.fromEntries([...input.entries()].filter(([name]) => !/password/i.test(name)))
    : {}
