/** The text that bytes in UTF-8 say, and of each UTF-16 code unit the bytes that say it; null when they say none that a person would read. */
export function textOfBytes(bytes: Uint8Array): BytesText | null {
  let text = ''
  const starts: number[] = []
  const ends: number[] = []
  for (let at = beginningOf(bytes); at < bytes.length;) {
    const length = lengthOf(bytes[at] ?? 0)
    if (length > bytes.length - at) break
    const code = length === 0 ? -1 : codeAt(bytes, at, length)
    if (code < 0 || !isReadable(code)) return null
    const character = String.fromCodePoint(code)
    text += character
    for (let unit = 0; unit < character.length; unit += 1) {
      starts.push(at)
      ends.push(at + length)
    }
    at += length
  }
  return { text, starts, ends }
}

export type BytesText = {
  readonly text: string
  readonly starts: readonly number[]
  readonly ends: readonly number[]
}

/** Bytes may be a part of longer ones, and begin or end within a character. */
function beginningOf(bytes: Uint8Array): number {
  let at = 0
  while (at < MOST_REST && isContinuation(bytes[at] ?? 0)) at += 1
  return at
}

/** Bytes that may stand before the first character. */
export const MOST_REST = 3
export const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80

/** Bytes of a character that are still due after this one; -1 where no text has it there. @param due before it */
export function dueAfter(byte: number, due: number): number {
  if (isContinuation(byte)) return due - 1
  if (due > 0 || byte < 0x80) return due === 0 && isReadable(byte) ? 0 : -1
  return lengthOf(byte) - 1
}

/** Bytes of the character (RFC 3629); 0 where none begins. */
function lengthOf(lead: number): number {
  if (lead < 0x80) return 1
  if (lead < 0xc2 || lead > 0xf4) return 0
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
}

/** -1 where the bytes are none of UTF-8. */
function codeAt(bytes: Uint8Array, at: number, length: number): number {
  let code = (bytes[at] ?? 0) & (length === 1 ? 0x7f : 0x7f >> length)
  for (let next = at + 1; next < at + length; next += 1) {
    const byte = bytes[next] ?? 0
    if ((byte & 0xc0) !== 0x80) return -1
    code = (code << 6) | (byte & 0x3f)
  }
  return isCharacter(code) && code >= (LEAST[length] ?? 0) ? code : -1
}

const isCharacter = (code: number): boolean => code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)

/** Shorter forms are the only ones allowed. */
const LEAST = [0, 0, 0x80, 0x800, 0x10000]

/** No control character but white space. */
export const isReadable = (code: number): boolean =>
  code >= 0x20 ? code !== 0x7f : code >= 0x09 && code <= 0x0d
