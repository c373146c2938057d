import type { Json } from '@writ/contracts'
import { atOnce } from '../at-once.ts'
import { findPatterns, patternBudget } from '../patterns/find-patterns.ts'
import type { PatternBudget, PatternSpan } from '../patterns/find-patterns.ts'
import { mayHoldAny } from '../patterns/search-group.ts'
import { RuleFault } from '../rule-fault.ts'
import { signalsOfField } from './fields.ts'
import type { InspectOptions } from './inspect-options.ts'
import type { SecretSearch } from './secrets/known-secrets.ts'
import { Meter } from './scan/meter.ts'
import { TextSearch } from './scan/search-text.ts'
import { MOST_SIGHTINGS, SpanSet } from './scan/span-set.ts'
import { CHUNK } from './scan/sift.ts'
import type { Stretch } from './scan/sift.ts'
import { BREATH, depthOf, isDefinition, nameOf, pointerTo, Walk } from './scan/walk.ts'
import type { Leaf } from './scan/walk.ts'
import type { Inspection, Sighting, Span } from './sighting.ts'

/** Content up to this many characters is inspected whole; each value of the tree counts as two, so that any JSON of 6 MiB is. */
export const MOST_CONTENT = 6 * 1024 * 1024
/** Characters from the end of larger content that are looked at under `sample`. */
export const MOST_TAIL = 1024 * 1024
/** Work of one inspection, and between two turns of the event loop, in units of about 10 ns: see `Meter`. */
const BUDGET = 150_000_000
const SLICE = 150_000
/** Steps of searches for patterns between two turns: at most 1.3 ms of them. */
const STEPS_OF_SLICE = 2 ** 15

/**
 * Looks into every string, key and number of a tree, in document order; never recurses. Offsets are UTF-16 code units of the decoded
 * string. Yields at least after every 4 ms or so, counted in units of work and never by a clock: the same content, the same findings,
 * wherever it is paused.
 * The inspection has a fault when there is too much to look at or to report: what was not looked at must not count as clean.
 */
export function* inspect(content: Json, options: InspectOptions): Generator<void, Inspection> {
  const inspector = new Inspector(content, options)
  yield* inspector.walk(false, MOST_CONTENT)
  if (inspector.isOversize && options.oversize === 'sample') yield* inspector.walk(true, MOST_TAIL)
  return inspector.inspection()
}

/** The whole inspection at once, for callers that hold up nobody. */
export const inspectNow = (content: Json, options: InspectOptions = PLAIN): Inspection =>
  atOnce(inspect(content, options))

const PLAIN: InspectOptions = { patterns: null, oversize: 'deny', knownSecrets: null }

export { MOST_SIGHTINGS }

const TOO_MUCH = new RuleFault('there is too much to inspect')
const TOO_MANY = new RuleFault('there are too many findings')
const TOO_DEEP = new RuleFault('a finding lies too deep to be pointed at')

const COST_OF_VALUE = 8
const SIZE_OF_VALUE = 2
const COST_OF_TEXT = 150
const COST_OF_FIELD = 30
const COST_OF_FINGERPRINT = 4
const COST_OF_CHECK = 600
/** A pointer to what lies deeper would be longer than what it points at. */
const MOST_DEPTH = 4_096
/** Fewer digits are no number of anything that is looked for. */
const SHORTEST_NUMBER = 7
/** A number so short, or a text of so few letters and nothing else, holds nothing that is looked for. */
const isMute = ({ place, text }: Leaf): boolean =>
  place === 'number' ? text.length < SHORTEST_NUMBER : text.length <= LONGEST_WORD && LETTERS.test(text)

const LONGEST_WORD = 14
const LETTERS = /^[A-Za-z]*$/
/** Known secrets up to this length are found across the parts of a text. */
const LONGEST_SECRET = 512

class Inspector {
  readonly #content: Json
  readonly #options: InspectOptions
  readonly #meter = new Meter(BUDGET, SLICE)
  readonly #search = new TextSearch(this.#meter)
  readonly #patternBudget: PatternBudget = patternBudget()
  readonly #sightings: Sighting[] = []
  readonly #known = new Set<string>()
  #fault: RuleFault | null = null
  /** of searches for patterns, since others had their turn */
  #steps = 0
  #room = 0
  #isOversize = false

  constructor(content: Json, options: InspectOptions) {
    this.#content = content
    this.#options = options
  }

  get isOversize(): boolean {
    return this.#isOversize
  }

  inspection(): Inspection {
    const fault = this.#fault ?? (this.#isOversize && this.#isStrict ? TOO_MUCH : null)
    const sightings = this.#isOversize ? [...this.#sightings, OVERSIZE] : this.#sightings
    return { sightings, fault }
  }

  /** @param room characters to look at; a value counts as `SIZE_OF_VALUE` */
  *walk(isBackward: boolean, room: number): Generator<void> {
    this.#room = room
    const walk = new Walk(this.#content, isBackward, (children) => this.#hasRoomFor(children))
    for (let leaf = walk.next(); leaf !== undefined; leaf = walk.next()) {
      const rest = leaf === null ? this.#passed() : this.#look(leaf, isBackward)
      if (rest !== null) yield* rest
      if (this.#meter.isSpent) this.#fault ??= TOO_MUCH
      if (this.#fault !== null || this.#room <= 0) return
      if (this.#meter.isSliceSpent) yield this.#meter.beginSlice()
    }
  }

  get #isStrict(): boolean {
    return this.#options.oversize === 'deny'
  }

  /** Where oversize content is denied, it is denied before any of it is touched. */
  #hasRoomFor(children: number): boolean {
    if (children * SIZE_OF_VALUE > this.#room) this.#isOversize = true
    return !(this.#isOversize && this.#isStrict)
  }

  #passed(): null {
    this.#meter.take(BREATH * COST_OF_VALUE)
    this.#room -= BREATH * SIZE_OF_VALUE
    if (this.#room <= 0) this.#isOversize = true
    return null
  }

  /** @returns what is left to do, where that is anything */
  #look(leaf: Leaf, isBackward: boolean): Generator<void> | null {
    const { text } = leaf
    const taken = this.#takeText(text.length)
    if (taken === 0) return null
    const from = isBackward ? text.length - taken : 0
    const stretch = { text, from, to: from + taken, isDefinition: isDefinition(leaf) }
    const found = this.#byName(leaf)
    const rest = isMute(leaf) ? null : this.#search.search(stretch, found)
    if (rest !== null || this.#isTenants(leaf)) return this.#lookOn(leaf, { stretch, found, rest })
    this.#report(leaf, found)
    return null
  }

  *#lookOn(leaf: Leaf, { stretch, found, rest }: Looking): Generator<void> {
    if (rest !== null) yield* rest
    if (this.#isTenants(leaf)) yield* this.#searchTenants(stretch, found)
    this.#report(leaf, found)
  }

  /** Whether this tenant looks for anything more in it. */
  #isTenants({ place, text }: Leaf): boolean {
    const { patterns, knownSecrets } = this.#options
    if (place === 'number') return false
    if (knownSecrets !== null) return true
    return patterns !== null && mayHoldAny(patterns, text)
  }

  /** @returns how much of a text there is room for */
  #takeText(length: number): number {
    if (length > this.#room) this.#isOversize = true
    const taken = this.#isOversize && this.#isStrict ? 0 : Math.min(length, this.#room)
    this.#room = taken === 0 ? 0 : this.#room - length
    this.#meter.take(COST_OF_TEXT)
    return taken
  }

  /** What the name of the member says about its value. */
  #byName(leaf: Leaf): SpanSet {
    const found = new SpanSet()
    const name = leaf.place === 'key' ? null : nameOf(leaf)
    if (name === null) return found
    this.#meter.take(COST_OF_FIELD)
    for (const signal of signalsOfField(name, leaf.text))
      found.add({ signal, start: 0, end: leaf.text.length })
    return found
  }

  /** What only this tenant looks for: its patterns, and the secrets that its sessions know. */
  *#searchTenants(stretch: Stretch, found: SpanSet): Generator<void> {
    const { patterns, knownSecrets } = this.#options
    if (knownSecrets !== null) yield* this.#searchKnown(stretch, found, knownSecrets)
    if (patterns === null || this.#fault !== null) return
    const { text, from, to } = stretch
    const spans = yield* this.#inSlices(findPatterns(patterns, text.slice(from, to), this.#patternBudget))
    if (spans instanceof RuleFault) this.#fault ??= spans
    else for (const span of spans) found.add(from === 0 ? span : movedBy(from, span))
  }

  /** A search for patterns has slices of its own; only so many of them take as long as one of ours. */
  *#inSlices<Found>(search: Generator<number, Found>): Generator<void, Found> {
    for (;;) {
      const slice = search.next()
      if (slice.done === true) return slice.value
      this.#steps += slice.value
      if (this.#steps < STEPS_OF_SLICE) continue
      this.#steps = 0
      yield
    }
  }

  *#searchKnown({ text, from, to }: Stretch, found: SpanSet, knownSecrets: SecretSearch): Generator<void> {
    for (let at = from; at < to; at += CHUNK) {
      const part = text.slice(at, Math.min(to, at + CHUNK + LONGEST_SECRET))
      this.#meter.take(part.length * COST_OF_FINGERPRINT)
      const spent = (checks: number): void => this.#meter.take(checks * COST_OF_CHECK)
      for (const { start, end } of knownSecrets(part, spent))
        found.add({ signal: 'secret.known', start: at + start, end: at + end })
      if (this.#meter.isSliceSpent) yield this.#meter.beginSlice()
    }
  }

  #report(leaf: Leaf, found: SpanSet): void {
    if (found.size === 0) return
    if (depthOf(leaf) > MOST_DEPTH) this.#fault ??= TOO_DEEP
    else this.#push(leaf, found.sorted())
    if (this.#sightings.length > MOST_SIGHTINGS) this.#fault ??= TOO_MANY
  }

  #push(leaf: Leaf, spans: readonly Span[]): void {
    const path = pointerTo(leaf)
    this.#meter.take(path.length)
    for (const span of spans) {
      if (this.#isNew(path, span)) this.#sightings.push(sightingOf(span, path, leaf.place))
      if (this.#sightings.length > MOST_SIGHTINGS) return
    }
  }

  /** The tail of a content may overlap its head. */
  #isNew(path: string, { signal, start, end }: Span): boolean {
    if (!this.#isOversize) return true
    const key = `${signal} ${start} ${end} ${path}`
    if (this.#known.has(key)) return false
    this.#known.add(key)
    return true
  }
}

/** Member by member: a spread that is added to costs microseconds. */
function sightingOf(span: Span | PatternSpan, path: string, place: Sighting['place']): Sighting {
  const { signal, start, end } = span
  if (!('policy' in span)) return { signal, start, end, path, place }
  const own: Sighting & PatternSpan = { policy: span.policy, signal, start, end, path, place }
  return own
}

const movedBy = (by: number, { policy, signal, start, end }: PatternSpan): PatternSpan => ({
  policy,
  signal,
  start: start + by,
  end: end + by,
})

type Looking = {
  readonly stretch: Stretch
  readonly found: SpanSet
  readonly rest: Generator<void> | null
}

const OVERSIZE: Sighting = { signal: 'content.oversize', path: '', place: 'text', start: 0, end: 0 }
