import type { KeyboardEvent } from 'react'

/**
 * True for keys of an input method, such as the Enter that confirms a Japanese word. Safari ends the
 * composition before it sends that key, and marks it with the code 229.
 */
export const isComposing = ({ nativeEvent }: KeyboardEvent): boolean =>
  nativeEvent.isComposing || nativeEvent.keyCode === 229
