// What people choose and attackers try first. Compared without case, digits and signs at the ends,
// and with 0 for o and the like undone.
const stems = new Set(
  `
password passwort motdepasse contrasena parola senha passphrase passcode letmein welcome willkommen bienvenue administrator
administrador admin adminadmin root rootroot master superuser supervisor changeme changethis temporary temppass default secret
topsecret verysecret mysecret geheim access login logmein signin hello helloworld iloveyou loveyou ihateyou fuckyou trustno
qwerty qwertz azerty qwertyuiop qwertzuiop azertyuiop asdfghjkl asdfasdf asdfjkl zxcvbnm yxcvbnm qazwsx qazwsxedc onetwothree
football baseball basketball soccer hockey liverpool chelsea arsenal barcelona realmadrid manchester juventus yankees cowboys
steelers eagles lakers rangers dragon monkey princess sunshine shadow superman batman spiderman starwars pokemon pikachu naruto
michael jennifer jessica charlie daniel thomas jordan robert matthew andrew joshua anthony william ashley nicole hannah amanda
samantha michelle alexander christian elizabeth victoria patricia computer internet samsung google facebook microsoft windows
linkedin youtube twitter instagram playstation nintendo minecraft fortnite freedom flower summer winter spring autumn january
february march april june july august september october november december monday tuesday wednesday thursday friday saturday
sunday cheese chocolate cookie butterfly mustang ferrari porsche mercedes corvette harley yamaha honda toyota pepper ginger
buster maggie hunter killer ranger whatever nothing something test testing testtest tester demo guest user username company
correcthorsebatterystaple abcdefghij abcdefgh abcdef abcabc aaaaaaaaaa rowhouse database postgres oracle server secure security
`
    .trim()
    .split(/\s+/),
)

const undone: Record<string, string> = {
  0: 'o',
  1: 'i',
  3: 'e',
  4: 'a',
  5: 's',
  7: 't',
  '@': 'a',
  $: 's',
  '!': 'i',
}

const bare = (text: string) => text.replace(/^[^a-z]+|[^a-z]+$/g, '')

/**
 * True for a password that is common: a well-known word with decoration, a word twice, one sign
 * many times, or a run of keys.
 */
export function isCommon(password: string): boolean {
  const lower = password.normalize('NFKC').toLowerCase()
  if (new Set(lower).size <= 3) return true
  if (isRun(lower)) return true
  const plain = lower
    .replace(/^[\d\W_]+|[\d\W_]+$/g, '')
    .replace(/[01345$@7!]/g, (sign) => undone[sign] ?? sign)
  return [lower, plain].some(
    (text) =>
      stems.has(bare(text)) ||
      stems.has(text.replace(/[^a-z]/g, '')) ||
      stems.has(halved(bare(text))),
  )
}

const halved = (text: string) =>
  text.length % 2 === 0 && text.slice(0, text.length / 2) === text.slice(text.length / 2)
    ? text.slice(0, text.length / 2)
    : text

/** 0123456789, abcdefghij, 9876543210 and the rows of a keyboard, also when they start over. */
function isRun(text: string): boolean {
  const rows = [
    '01234567890',
    'abcdefghijklmnopqrstuvwxyz',
    'qwertyuiop',
    'qwertzuiop',
    'azertyuiop',
    '1q2w3e4r5t6y7u8i9o0p',
    '1qaz2wsx3edc4rfv',
  ]
  return rows.some((row) =>
    [row, row.split('').reverse().join('')].some((run) => run.repeat(4).includes(text)),
  )
}
