import { isUtf8 } from 'node:buffer'
import type { Traits } from './traits.suite.ts'

/** What a reader makes of JSON. Members keep their order; numbers are doubles, which is as exact as policy is. */
export type Value = null | boolean | number | string | readonly Value[] | ReadonlyMap<string, Value>

/** A reader refuses: for us as good as a refusal of our own. */
export const REFUSED = Symbol('refused')

/**
 * Reads JSON as a reader with these traits does. Written apart from the product: one recursive descent over the grammar of RFC 8259, with
 * every leniency switched by a trait.
 */
export function readLike(traits: Traits, bytes: Uint8Array): Value | typeof REFUSED {
  try {
    return new Reading(traits, textOf(bytes, traits)).whole()
  } catch (error) {
    if (error instanceof Refusing || error instanceof RangeError) return REFUSED
    throw error
  }
}

class Refusing extends Error {}

const refuse = (): never => {
  throw new Refusing('refused')
}

function textOf(bytes: Uint8Array, { detectsUtf16, invalidUtf8, byteOrderMark }: Traits): string {
  if (detectsUtf16 && looksUtf16(bytes)) return utf16(Buffer.from(bytes))
  if (invalidUtf8 === 'refused' && !isUtf8(bytes)) return refuse()
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  if (!text.startsWith('\uFEFF')) return text
  return byteOrderMark === 'skipped' ? text.slice(1) : refuse()
}

/** RFC 4627 §3: by the zeros among the first bytes. */
const looksUtf16 = (bytes: Uint8Array): boolean =>
  bytes.length >= 2 && bytes.length % 2 === 0 && (bytes[0] === 0) !== (bytes[1] === 0)

const utf16 = (buffer: Buffer): string => (buffer[0] === 0 ? buffer.swap16() : buffer).toString('utf16le')

const SPACE = /[ \t\r\n]/
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y
const WORDS = { true: true, false: false, null: null } as const
const NON_FINITE = { NaN: Number.NaN, Infinity, '-Infinity': -Infinity } as const
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

class Reading {
  readonly #traits: Traits
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(traits: Traits, text: string) {
    this.#traits = traits
    this.#text = text
  }

  whole(): Value {
    const value = this.#value()
    this.#skip()
    if (this.#at < this.#text.length && this.#traits.trailing === 'refused') return refuse()
    return value
  }

  #value(): Value {
    this.#skip()
    const mark = this.#text.charAt(this.#at)
    if (mark === '{') return this.#nested(() => this.#object())
    if (mark === '[') return this.#nested(() => this.#list())
    if (this.#quotes().includes(mark) && mark !== '') return this.#string(mark)
    return this.#word() ?? this.#number() ?? this.#unquoted()
  }

  #nested<Found>(read: () => Found): Found {
    this.#depth += 1
    if (this.#depth > this.#traits.maxDepth) return refuse()
    this.#at += 1
    const found = read()
    this.#depth -= 1
    return found
  }

  #object(): Value {
    const members = new Map<string, Value>()
    for (let isFirst = true; !this.#ends('}', isFirst); isFirst = false) {
      this.#skip()
      const mark = this.#text.charAt(this.#at)
      const name = this.#quotes().includes(mark) && mark !== '' ? this.#string(mark) : this.#unquoted()
      this.#skip()
      if (this.#text[this.#at] !== ':') return refuse()
      this.#at += 1
      this.#put(members, name, this.#value())
    }
    return members
  }

  #put(members: Map<string, Value>, name: string, value: Value): void {
    if (!members.has(name)) return void members.set(name, value)
    if (this.#traits.duplicates === 'refused') return refuse()
    if (this.#traits.duplicates === 'last') members.set(name, value)
  }

  #list(): Value {
    const items: Value[] = []
    for (let isFirst = true; !this.#ends(']', isFirst); isFirst = false) items.push(this.#value())
    return items
  }

  /** Whether the closing bracket comes next; else steps over the comma before the next member. */
  #ends(bracket: string, isFirst: boolean): boolean {
    this.#skip()
    if (!isFirst && this.#text[this.#at] === ',') {
      this.#at += 1
      this.#skip()
      if (this.#text[this.#at] !== bracket) return false
      if (!this.#traits.trailingComma) return refuse()
    } else if (!isFirst && this.#text[this.#at] !== bracket) return refuse()
    if (this.#text[this.#at] !== bracket) return false
    this.#at += 1
    return true
  }

  #string(quote: string): string {
    let found = ''
    for (this.#at += 1; this.#text[this.#at] !== quote; this.#at += 1) {
      const letter = this.#text[this.#at] ?? refuse()
      if (letter < ' ' && !this.#traits.controlsInStrings) return refuse()
      found += letter === '\\' ? this.#escape() : letter
    }
    this.#at += 1
    return this.#traits.loneSurrogates === 'replaced'
      ? found.replaceAll(LONE, '\uFFFD')
      : this.#withPairs(found)
  }

  #withPairs(text: string): string {
    return this.#traits.loneSurrogates === 'refused' && text.search(LONE) >= 0 ? refuse() : text
  }

  #escape(): string {
    this.#at += 1
    const letter = this.#text.charAt(this.#at)
    if (letter !== 'u') return ESCAPES[letter] ?? (this.#quotes().includes(letter) ? letter : refuse())
    const digits = this.#text.slice(this.#at + 1, this.#at + 5)
    if (!/^[0-9a-f]{4}$/i.test(digits)) return refuse()
    this.#at += 4
    return String.fromCharCode(Number.parseInt(digits, 16))
  }

  #word(): Value | undefined {
    const words = this.#traits.nonFinite ? { ...WORDS, ...NON_FINITE } : WORDS
    for (const [word, value] of Object.entries(words)) {
      if (!this.#text.startsWith(word, this.#at)) continue
      this.#at += word.length
      return value
    }
    return undefined
  }

  #number(): number | undefined {
    NUMBER.lastIndex = this.#at
    const token = NUMBER.exec(this.#text)?.[0]
    if (token === undefined) return undefined
    this.#at += token.length
    if (token.length > this.#traits.longestNumber) return refuse()
    const number = Number(token)
    return Number.isFinite(number) || this.#traits.overflow === 'infinity' ? number : refuse()
  }

  #unquoted(): string {
    const [word = ''] = /^[A-Za-z_$][\w$]*/.exec(this.#text.slice(this.#at, this.#at + 64)) ?? []
    if (!this.#traits.unquoted || word === '') return refuse()
    this.#at += word.length
    return word
  }

  #quotes(): string {
    return this.#traits.singleQuotes ? `"'` : '"'
  }

  #skip(): void {
    while (SPACE.test(this.#text.charAt(this.#at)) || this.#skipComment()) this.#at += 1
  }

  #skipComment(): boolean {
    if (!this.#traits.comments || this.#text[this.#at] !== '/') return false
    const isBlock = this.#text[this.#at + 1] === '*'
    const end = this.#text.indexOf(isBlock ? '*/' : '\n', this.#at + 2)
    this.#at = end < 0 ? this.#text.length : end + (isBlock ? 1 : 0)
    return true
  }
}

const LONE = /\p{Surrogate}/gu
