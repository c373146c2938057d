import type { Json } from '@writ/contracts'
import type { JsonText } from './json-texts.ts'
import { jsonTextsIn, looksLikeJson } from './json-texts.ts'

/**
 * Every string, number and name of a content. Text that is JSON, as most tools answer it, is read as such. Yields null where a few thousand
 * values were passed over.
 * @returns false where there is more than is looked at
 */
export const textsIn = (content: Json): Generator<JsonText | null, boolean> => new Walk().over(content)

export const MAX_CHARACTERS = 524_288
/** Characters that are read as JSON, at all levels together. */
const MAX_JSON = 2 * MAX_CHARACTERS
/** Levels of JSON in JSON. */
const MAX_LEVELS = 6
const MAX_LEAVES = 50_000
const MAX_DEPTH = 64
const BREATH = 2_048

type Container = readonly Json[] | { readonly [name: string]: Json }
type Frame = {
  readonly value: Container
  readonly names: readonly string[] | null
  readonly count: number
  at: number
}

class Walk {
  #characters = MAX_CHARACTERS
  #json = MAX_JSON
  #leaves = MAX_LEAVES
  readonly #open: Frame[] = []

  get #top(): Frame | undefined {
    return this.#open.at(-1)
  }

  *over(content: Json): Generator<JsonText | null, boolean> {
    if (!(yield* this.#enter(content))) return false
    for (let frame = this.#top; frame !== undefined; frame = this.#top) {
      const { value, names, count, at } = frame
      if (at === count) {
        this.#open.pop()
        continue
      }
      frame.at += 1
      if (at % BREATH === BREATH - 1) yield null
      const name = names?.[at]
      if (name !== undefined && !(yield* this.#tell(name, true))) return false
      if (!(yield* this.#enter(memberAt(value, name ?? at)))) return false
    }
    return true
  }

  *#enter(value: Json): Generator<JsonText | null, boolean> {
    if (typeof value === 'string') return yield* this.#read(value, 0)
    if (typeof value === 'number') return yield* this.#tell(String(value), false)
    return typeof value !== 'object' || value === null || this.#hasOpened(value)
  }

  #hasOpened(value: Container): boolean {
    const names = isList(value) ? null : Object.keys(value)
    const count = isList(value) ? value.length : (names?.length ?? 0)
    this.#leaves -= count
    this.#open.push({ value, names, count, at: 0 })
    return this.#leaves >= 0 && this.#open.length <= MAX_DEPTH
  }

  *#read(text: string, level: number): Generator<JsonText | null, boolean> {
    if (text.length > MAX_CHARACTERS || !looksLikeJson(text)) return yield* this.#tell(text, false)
    this.#json -= text.length
    if (this.#json < 0 || level >= MAX_LEVELS) return false
    const inner: JsonText[] = []
    const isJson = yield* collected(jsonTextsIn(text), inner)
    return isJson ? yield* this.#readAll(inner, level + 1) : yield* this.#tell(text, false)
  }

  *#readAll(texts: readonly JsonText[], level: number): Generator<JsonText | null, boolean> {
    for (const { text, isName } of texts) {
      if (!isName && (this.#leaves -= 1) < 0) return false
      if (!(isName ? yield* this.#tell(text, true) : yield* this.#read(text, level))) return false
    }
    return true
  }

  *#tell(text: string, isName: boolean): Generator<JsonText, boolean> {
    this.#characters -= text.length
    if (this.#characters < 0) return false
    yield { text, isName }
    return true
  }
}

function* collected(found: Generator<JsonText | null, boolean>, into: JsonText[]): Generator<null, boolean> {
  for (;;) {
    const next = found.next()
    if (next.done === true) return next.value
    if (next.value === null) yield null
    else into.push(next.value)
  }
}

const isList = (value: Container): value is readonly Json[] => Array.isArray(value)

const memberAt = (value: Container, step: string | number): Json =>
  (isList(value) ? value[Number(step)] : value[step]) ?? null
