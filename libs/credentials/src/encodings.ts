/** Regular expression sources for each way in which a secret may be written. No repetition in them is unbounded. */
export function encodingsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, 'utf8')
  return [spelledOut(secret), inHex(bytes), ...[0, 1, 2].map((offset) => inBase64(bytes, offset))]
}

/** Letter by letter: plain, percent-encoded (also more than once), or escaped as JSON does (also in a string in a string). */
const spelledOut = (secret: string): string => (secret.match(/\\+|[^]/gu) ?? []).map(letter).join('')

const ESCAPES = String.raw`\\{0,8}`

/** Longer spellings first. @param char one character, or a run of backslashes: two repetitions side by side would backtrack without bound */
function letter(char: string): string {
  return `(?:${[percent(char), unicodeEscape(char), plain(char), ...overLatin1(char)].join('|')})`
}

function plain(char: string): string {
  if (char === ' ') return '[ +]'
  if (char.startsWith('\\')) return String.raw`\\{${char.length},${char.length * 8}}`
  const control = CONTROL_ESCAPES[char]
  if (control) return String.raw`${escaped(char)}|\\{1,8}${control}`
  return char === '"' || char === '/' || char === "'" ? `${ESCAPES}${escaped(char)}` : escaped(char)
}

const CONTROL_ESCAPES: Readonly<Record<string, string>> = { '\t': 't' }

const percent = (char: string): string =>
  [...Buffer.from(char, 'utf8')].map((byte) => `%(?:25){0,3}${hexPair(byte)}`).join('')

const unicodeEscape = (char: string): string =>
  Array.from({ length: char.length }, (_, at) => char.charCodeAt(at))
    .map((unit) => String.raw`\\{1,8}u${hexPair(unit >> 8)}${hexPair(unit & 0xff)}`)
    .join('')

/** A letter beyond ASCII in bytes that are read as Latin-1. */
function overLatin1(char: string): readonly string[] {
  const bytes = Buffer.from(char, 'utf8')
  return char.codePointAt(0) !== bytes[0] ? [escaped(bytes.toString('latin1'))] : []
}

/** `6b6579`, `6B:65:79` or `6b 65 79`. */
const inHex = (bytes: Buffer): string => [...bytes].map(hexPair).join('[: -]?')

const hexPair = (byte: number): string =>
  Array.from(byte.toString(16).padStart(2, '0'))
    .map((digit) => (/[a-f]/.test(digit) ? `[${digit}${digit.toUpperCase()}]` : digit))
    .join('')

/**
 * The letters that depend on the secret alone when it starts `offset` bytes after a multiple of three; both alphabets of
 * RFC 4648. The letters at its edges, which hold some of its bits, go with it.
 */
function inBase64(bytes: Buffer, offset: number): string {
  const letters = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '')
  const isTailShared = (offset + bytes.length) % 3 !== 0
  const own = letters.slice(offset === 0 ? 0 : offset + 1, isTailShared ? -1 : undefined)
  const before = offset === 0 ? '' : `${BASE64_LETTER}?`
  const after = isTailShared ? `(?:${BASE64_LETTER}(?:=|%3[dD]){0,2})?` : ''
  return `${before}${Array.from(own, base64Letter).join('')}${after}`
}

const BASE64_LETTER = '[A-Za-z0-9+/_-]'

function base64Letter(char: string): string {
  if (char === '+') return '(?:[+-]|%2[bB])'
  if (char === '/') return String.raw`(?:\\{0,8}[/_]|%2[fF])`
  return char
}

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)
