/** Lower case; names of fields fall apart into words: `taxIdNumber`, `tax_id-number` and `tax id number` are the same. */
export const plainWords = (text: string): string =>
  text
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/[_\-./'’" ]+/g, ' ')

/** The same of a short stretch of a text, written into a row of code units that is used again and again. */
export class PlainText {
  codes: Uint16Array = new Uint16Array(256)
  #length = 0

  get length(): number {
    return this.#length
  }

  write(text: string, start: number, end: number): void {
    if (this.codes.length < 2 * (end - start)) this.codes = new Uint16Array(2 * (end - start))
    const { codes } = this
    let length = 0
    let last = 0
    let isLower = false
    for (let at = start; at < end; at += 1) {
      const unit = text.charCodeAt(at)
      const code = plainOf(unit)
      if (isLower && isUpper(unit)) codes[length++] = SPACE
      isLower = isLowerCase(unit)
      if (code === SPACE && last === SPACE) continue
      codes[length++] = code
      last = code
    }
    this.#length = length
  }
}

const plainOf = (unit: number): number => PLAIN[unit] ?? (unit === APOSTROPHE ? SPACE : unit)
const isUpper = (unit: number): boolean => unit >= UPPER_A && unit <= UPPER_Z
const isLowerCase = (unit: number): boolean => unit >= LOWER_A && unit <= LOWER_Z

/** Letters and digits: of ASCII after `PlainText`, and all that is beyond. */
export const isWordCode = (code: number): boolean =>
  (code >= LOWER_A && code <= LOWER_Z) || (code >= 0x30 && code <= 0x39) || code >= 0xaa

const SPACE = 0x20
const APOSTROPHE = 0x2019
const [UPPER_A, UPPER_Z, LOWER_A, LOWER_Z] = [0x41, 0x5a, 0x61, 0x7a]

/** In scripts beyond these, none of the words that are looked for has capitals. */
const LAST_CAPITALS = 0x600
const PLAIN = Uint16Array.from({ length: LAST_CAPITALS }, (_, code) => {
  const lower = String.fromCharCode(code).toLowerCase()
  return /[_\-./'"]/.test(lower) ? SPACE : lower.charCodeAt(0)
})
