/** A place in a JSON text: names of members and, for every member of a list or an object, `*`. */
export type Place = readonly string[]

/**
 * Rewrites strings of a JSON text where they stand, and leaves every other character as it is: numbers, order and spaces are the
 * sender's. A member that stands twice is rewritten twice.
 * @returns null for what is no JSON, or nested deeper than 200
 */
export function rewriteStrings(
  json: string,
  places: readonly Place[],
  write: (value: string) => string,
): string | null {
  const walk = new Walk(json, write)
  try {
    walk.value(places, 0)
  } catch (error) {
    if (error instanceof NoJson) return null
    throw error
  }
  return walk.rewritten()
}

class NoJson extends Error {}

const DEEPEST = 200
/** The end of a number or a word. */
const AFTER_LITERAL = /[,\]}\s]|$/g

class Walk {
  readonly #json: string
  readonly #write: (value: string) => string
  readonly #parts: string[] = []
  #at = 0
  #kept = 0

  constructor(json: string, write: (value: string) => string) {
    this.#json = json
    this.#write = write
  }

  rewritten(): string {
    return this.#parts.length === 0 ? this.#json : this.#parts.join('') + this.#json.slice(this.#kept)
  }

  value(places: readonly Place[], depth: number): void {
    if (depth > DEEPEST) throw new NoJson()
    const first = this.#peek()
    if (first === '{') return this.#members('}', (next) => this.#member(places, depth, next))
    if (first === '[') return this.#members(']', () => this.value(within(places, '*'), depth + 1))
    if (first === '"') return this.#string(places)
    this.#literal()
  }

  #members(end: '}' | ']', one: (next: string) => void): void {
    this.#at += 1
    if (this.#peek() === end) return void (this.#at += 1)
    for (;;) {
      one(this.#peek())
      const next = this.#peek()
      this.#at += 1
      if (next === end) return
      if (next !== ',') throw new NoJson()
    }
  }

  #member(places: readonly Place[], depth: number, next: string): void {
    if (next !== '"') throw new NoJson()
    const name = this.#read()
    if (this.#peek() !== ':') throw new NoJson()
    this.#at += 1
    this.value(places.length === 0 ? places : within(places, name), depth + 1)
  }

  #string(places: readonly Place[]): void {
    const start = this.#at
    if (!places.some((place) => place.length === 0)) return this.#skip()
    const value = this.#read()
    const written = this.#write(value)
    if (written === value) return
    this.#parts.push(this.#json.slice(this.#kept, start), JSON.stringify(written))
    this.#kept = this.#at
  }

  #read(): string {
    const start = this.#at
    this.#skip()
    try {
      return String(JSON.parse(this.#json.slice(start, this.#at)))
    } catch {
      throw new NoJson()
    }
  }

  #skip(): void {
    for (
      let end = this.#json.indexOf('"', this.#at + 1);
      end !== -1;
      end = this.#json.indexOf('"', end + 1)
    ) {
      if (this.#isEscaped(end)) continue
      this.#at = end + 1
      return
    }
    throw new NoJson()
  }

  #isEscaped(at: number): boolean {
    let backslashes = 0
    while (this.#json[at - 1 - backslashes] === '\\') backslashes += 1
    return backslashes % 2 === 1
  }

  #literal(): void {
    AFTER_LITERAL.lastIndex = this.#at
    const end = AFTER_LITERAL.exec(this.#json)?.index ?? this.#json.length
    if (end === this.#at) throw new NoJson()
    this.#at = end
  }

  #peek(): string {
    for (;;) {
      const next = this.#json[this.#at] ?? ''
      if (next !== ' ' && next !== '\n' && next !== '\r' && next !== '\t') return next
      this.#at += 1
    }
  }
}

const within = (places: readonly Place[], name: string): readonly Place[] =>
  places.filter(([first]) => first === name || first === '*').map((place) => place.slice(1))
