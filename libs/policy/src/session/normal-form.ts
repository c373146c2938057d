/**
 * A text as values are compared: without case, compatibility forms (NFKC) and space around it.
 * @returns null where the form is several times as long as the text: only a text that was made for it has one
 */
export function normalForm(text: string): string | null {
  if (ASCII_LOWER.test(text)) return text.trim()
  const normal = text.replaceAll(LONG_STACK, cutStack).normalize('NFKC').toLowerCase().trim()
  return normal.length <= MOST_GROWTH * text.length + ROOM ? normal : null
}

const ASCII_LOWER = /^[\x20-\x40\x5b-\x7e]*$/

/**
 * Marks on one letter: putting them in order takes the square of their number, so that a text of nothing else takes seconds. No language
 * has 30 of them (Unicode standard annex 15, stream-safe text).
 */
const LONG_STACK = /\p{M}{31,}/gu
const cutStack = (stack: string): string => Array.from(stack.slice(0, 60)).slice(0, 30).join('')

const MOST_GROWTH = 3
/** A short text may hold one letter that stands for eighteen. */
const ROOM = 64
