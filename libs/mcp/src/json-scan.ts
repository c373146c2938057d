import { Refusal } from '@writ/contracts'
import { Folding } from './reserved-names.ts'

/**
 * `inexact`: some number would not keep its value through an IEEE 754 double.
 * `foldedKeys`: what a reader that binds members to names without regard to case, or that ends a name at a NUL, would take for another
 * member; looked for only in a text that can be a call.
 */
export type Scan = { readonly inexact: boolean; readonly foldedKeys: boolean }

/**
 * One pass over the text of a JSON value, before it is parsed, for what `JSON.parse` forgives:
 * a key that stands twice in one object (escapes decoded first), `__proto__`, half surrogate pairs, depth bombs, numbers that no double
 * comes near, and more values or names of members than `MOST_VALUES` and `MOST_NAMES`.
 * It does not check the grammar: on text that is not JSON it may answer anything, and the parser refuses it after.
 */
export function scanJson(text: string, maxDepth: number): Scan | Refusal {
  const scanner = new Scanner(text, maxDepth)
  while (scanner.step()) continue
  return scanner.refusal ?? { inexact: scanner.inexact, foldedKeys: scanner.foldedKeys }
}

/**
 * Different names of members in one message. Every reader of an object spends the more on a name the more others there are: a parser on
 * the form of each object, whoever lists or sorts the members on all of them at once.
 */
export const MOST_NAMES = 10_000
/** Values of one message, lists and objects included: each takes every reader its time, whatever its size. */
export const MOST_VALUES = 100_000

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPEN_BRACE = 0x7b
const OPEN_BRACKET = 0x5b
const CLOSE_BRACE = 0x7d
const CLOSE_BRACKET = 0x5d

class Scanner {
  refusal: Refusal | null = null
  inexact = false
  foldedKeys = false
  private at = 0
  private expectsKey = false
  /** keys of every open object, innermost last; null for an array */
  private readonly open: (SeenKeys | null)[] = []
  private readonly names = new Set<string>()
  private readonly folding = new Folding()
  private values = 0
  private readonly text: string
  private readonly maxDepth: number
  private readonly hasEscapes: boolean
  private readonly hasSurrogateEscapes: boolean
  private readonly mayBeCall: boolean
  /** names can differ by nothing but case and space */
  private readonly isSimple: boolean

  constructor(text: string, maxDepth: number) {
    this.text = text
    this.maxDepth = maxDepth
    this.hasEscapes = text.includes('\\')
    this.hasSurrogateEscapes = this.hasEscapes && SURROGATE_ESCAPE.test(text)
    this.mayBeCall = text.includes('"method"') || (this.hasEscapes && text.includes('\\u'))
    this.isSimple = this.mayBeCall && !this.hasEscapes && !NOT_ASCII.test(text)
  }

  /** Reads one token. False at the end, or once refused. */
  step(): boolean {
    const code = this.text.charCodeAt(this.at)
    if (code === QUOTE) this.readString()
    else if (code === COMMA) this.goOn()
    else if (code === OPEN_BRACE) this.enter(new SeenKeys(this.folding))
    else if (code === OPEN_BRACKET) this.enter(null)
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) this.leave()
    else if (startsNumber(code)) this.readNumber()
    this.at += 1
    return this.at < this.text.length && this.refusal === null
  }

  private goOn(): void {
    this.expectsKey = this.open.at(-1) !== null
    this.countValue()
  }

  /** A list or object, and what follows a comma: never fewer than there are, less the first. */
  private countValue(): void {
    this.values += 1
    if (this.values > MOST_VALUES)
      this.refusal = new Refusal('message_too_large', `it has more than ${MOST_VALUES} values`)
  }

  private enter(keys: SeenKeys | null): void {
    this.countValue()
    if (this.open.length >= this.maxDepth) this.refusal = new Refusal('message_too_deep')
    this.open.push(keys)
    this.expectsKey = keys !== null
  }

  private leave(): void {
    this.open.pop()
    this.expectsKey = false
  }

  private readString(): void {
    const start = this.at + 1
    this.at = this.endOfString(start)
    if (this.expectsKey) this.readKey(this.text.slice(start, this.at))
    else if (this.hasSurrogateEscapes) this.refuseHalfPairs(decoded(this.text.slice(start, this.at)))
  }

  private readKey(raw: string): void {
    this.expectsKey = false
    const key = this.hasEscapes ? decoded(raw) : raw
    if (key === '__proto__') this.refusal = new Refusal('message_ambiguous', 'a key is __proto__')
    const keys = this.open.at(-1)
    this.foldedKeys ||= this.mayBeCall && keys?.hasSeenAlike(key, this.isSimple) === true
    if (keys?.hasSeen(key)) this.refusal = new Refusal('message_ambiguous', 'a key stands twice')
    if (this.hasSurrogateEscapes) this.refuseHalfPairs(key)
    this.names.add(key)
    if (this.names.size > MOST_NAMES)
      this.refusal = new Refusal('message_too_large', `it has more than ${MOST_NAMES} names of members`)
  }

  private refuseHalfPairs(text: string): void {
    if (HALF_PAIR.test(text))
      this.refusal = new Refusal('message_malformed', 'a string holds half a surrogate pair')
  }

  private endOfString(start: number): number {
    let end = this.text.indexOf('"', start)
    if (!this.hasEscapes) return end < 0 ? this.text.length : end
    while (end >= 0 && isEscaped(this.text, end)) end = this.text.indexOf('"', end + 1)
    return end < 0 ? this.text.length : end
  }

  private readNumber(): void {
    const start = this.at
    while (continuesNumber(this.text.charCodeAt(this.at + 1))) this.at += 1
    // Fifteen characters hold at most fifteen digits, and a double keeps those.
    const isPlain = this.at - start < 15
    if (isPlain && !EXPONENT.test(this.text.slice(start, this.at + 1))) return
    const token = this.text.slice(start, this.at + 1)
    // One reader refuses it, one reads infinity or nothing, and one the number.
    if (isOutOfRange(token)) this.refusal = new Refusal('message_ambiguous', 'a number is out of range')
    this.inexact ||= !isExact(token)
  }
}

/** Keys of one object. A short list beats a set until an object is large. */
class SeenKeys {
  private readonly few: string[] = []
  private many: Set<string> | null = null
  /** made at the first key that has more than one way to be written */
  private folded: Set<string | null> | null = null
  /** of the short list, once it is full */
  private areFewWrittenOneWay: boolean | null = null
  private readonly folding: Folding

  constructor(folding: Folding) {
    this.folding = folding
  }

  /** To be asked before `hasSeen`, of each key until there was one. */
  hasSeenAlike(key: string, isSimple: boolean): boolean {
    if (isSimple && this.folded === null && this.many === null && !key.includes(' '))
      return hasOtherCase(this.few, key)
    return this.foldsToSeen(key)
  }

  private foldsToSeen(key: string): boolean {
    if (this.folded === null && WRITTEN_ONE_WAY.test(key) && this.isWrittenOneWay()) return false
    const folded = this.folding.of(key)
    if (folded === null || CONTROL.test(key)) return true
    this.folded ??= new Set(Array.from(this.many ?? this.few, (name) => this.folding.of(name)))
    if (this.folded.has(folded)) return true
    this.folded.add(folded)
    return false
  }

  /** Of every name so far, while none is folded: in a simple text a short list is compared as it stands, capitals too. */
  private isWrittenOneWay(): boolean {
    this.areFewWrittenOneWay ??= this.few.every((name) => WRITTEN_ONE_WAY.test(name))
    return this.areFewWrittenOneWay
  }

  hasSeen(key: string): boolean {
    if (this.many) {
      if (this.many.has(key)) return true
      this.many.add(key)
      return false
    }
    if (this.few.includes(key)) return true
    this.few.push(key)
    if (this.few.length > 12) this.many = new Set(this.few)
    return false
  }
}

function hasOtherCase(names: readonly string[], key: string): boolean {
  for (const name of names)
    if (name.length === key.length && name !== key && name.toLowerCase() === key.toLowerCase()) return true
  return false
}

// oxlint-disable-next-line no-control-regex -- the range of ASCII begins with them
const NOT_ASCII = /[^\u0000-\u007e]/
const WRITTEN_ONE_WAY = /^[a-z0-9_.$/-]*$/
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/
const HALF_PAIR = /\p{Surrogate}/u
const EXPONENT = /[eE]/

function isEscaped(text: string, quoteAt: number): boolean {
  let at = quoteAt
  while (text.charCodeAt(at - 1) === BACKSLASH) at -= 1
  return (quoteAt - at) % 2 === 1
}

function decoded(raw: string): string {
  if (!raw.includes('\\')) return raw
  try {
    return String(JSON.parse(`"${raw}"`))
  } catch {
    return raw
  }
}

const startsNumber = (code: number): boolean => code === 0x2d || (code >= 0x30 && code <= 0x39)

const continuesNumber = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) ||
  code === 0x2e ||
  code === 0x65 ||
  code === 0x45 ||
  code === 0x2b ||
  code === 0x2d

function isOutOfRange(token: string): boolean {
  const value = Number(token)
  return value === 0 ? /[1-9]/.test(token.split(EXPONENT)[0] ?? '') : !Number.isFinite(value)
}

/** A double keeps any 15 significant digits within its range, and whatever it writes back letter by letter. */
function isExact(token: string): boolean {
  const value = Number(token)
  if (String(value) === token) return Number.isInteger(value) ? Number.isSafeInteger(value) : true
  const digits = (token.split(EXPONENT)[0] ?? '').replaceAll(/[-.]/g, '').replace(/^0+/, '')
  if (digits === '') return true
  const magnitude = Math.abs(value)
  return digits.length <= 15 && magnitude > 1e-300 && magnitude < 1e300
}
