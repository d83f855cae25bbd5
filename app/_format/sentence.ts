/** Makes a sentence of an error's message: a capital letter first, and a full stop at the end. */
export const asSentence = (message: string): string =>
  `${message.charAt(0).toUpperCase()}${message.slice(1)}.`.replace(/\.\.$/, '.')
