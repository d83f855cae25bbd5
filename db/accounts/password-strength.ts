import type { ZxcvbnFactory } from '@zxcvbn-ts/core'

// zxcvbn calls a password that takes more than 10^8 guesses "safely unguessable"
const requiredScore = 3
// scoring takes quadratic time: 64 characters take 30 ms at most, 200 would take several times that
const scoredLength = 64

const reasons: Record<string, string> = {
  straightRow: 'it follows a row of the keyboard',
  keyPattern: 'it follows a short pattern on the keyboard',
  simpleRepeat: 'it repeats one character',
  extendedRepeat: 'it repeats a few characters',
  sequences: 'it is a sequence such as "abc" or "6543"',
  recentYears: 'it contains a recent year',
  dates: 'it contains a date',
  topTen: 'it is one of the ten most common passwords',
  topHundred: 'it is one of the hundred most common passwords',
  common: 'it is a common password',
  similarToCommon: 'it is much like a common password',
  wordByItself: 'it is a single word',
  userInputs: 'it contains your name, your address or the name of your organisation',
}

let estimator: Promise<ZxcvbnFactory> | undefined

/**
 * Loads 57,000 words (27 MB, 75 ms) when the first password is chosen, not when the server starts.
 */
const loadEstimator = () =>
  (estimator ??= (async () => {
    const [{ ZxcvbnFactory }, { dictionary, adjacencyGraphs }] = await Promise.all([
      import('@zxcvbn-ts/core'),
      import('@zxcvbn-ts/language-common'),
    ])
    return new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs, maxLength: scoredLength })
  })())

/**
 * Estimates whether a password can be guessed.
 *
 * @param personal - Words that an attacker would try for this user: names, addresses, the product.
 * @returns Why it is weak, as the second half of a sentence; undefined when it is strong enough.
 */
export async function findWeakness(
  password: string,
  personal: string[],
): Promise<string | undefined> {
  const { score, feedback } = (await loadEstimator()).check(password, personal)
  if (score >= requiredScore) return undefined
  return reasons[feedback.warning ?? ''] ?? 'it is too short and regular'
}
