import { UNKNOWN } from '../text.ts'

/** A format with its arguments, again and again while any are left, as `printf` prints it. */
export function formatted(format: string, args: readonly string[]): string {
  const left = [...args]
  let text = ''
  let rounds = 0
  do {
    const before = left.length
    text += escapes(
      format.replaceAll(/%%|%(-?\d*(?:\.\d+)?)([a-zA-Z])/g, (all, _, kind: string) => {
        if (all === '%%') return '%'
        const next = left.shift() ?? ''
        return kind === 'b' ? escapes(next) : kind === 'c' ? next.slice(0, 1) : next.replaceAll('\\', '\\\\')
      }),
    )
    rounds += 1
    if (left.length === before) break
  } while (left.length > 0 && rounds < MAX_ROUNDS)
  return text
}
const MAX_ROUNDS = 64

/** Backslash escapes as `printf` and `echo -e` read them. */
export const escapes = (text: string): string =>
  text.replaceAll(
    /\\(x[\da-fA-F]{1,2}|u[\da-fA-F]{1,4}|U[\da-fA-F]{1,8}|0?[0-7]{1,3}|[abefnrtv\\"'])/g,
    (_, code: string) => {
      if (/^[xuU]/.test(code)) return characterOf(Number.parseInt(code.slice(1), 16))
      if (/^[0-7]/.test(code)) return characterOf(Number.parseInt(code, 8) & 0xff)
      return LETTERS[code] ?? code
    },
  )
const characterOf = (code: number): string => (code > 0x10_ffff ? UNKNOWN : String.fromCodePoint(code))
const LETTERS: Readonly<Record<string, string>> = {
  a: '',
  b: '',
  e: '',
  f: '',
  n: '\n',
  r: '\n',
  t: '\t',
  v: ' ',
}
