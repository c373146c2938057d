import type { Json } from '@writ/contracts'
import type { Lease, Scrubber } from '@writ/enforcement'
import { formsOf } from './encodings.ts'
import { lazily } from './lazily.ts'
import { marksIn, sought } from './search.ts'
import { secretsIn } from './secrets.ts'
import type { Slices } from './slices.ts'

const MASK = '[credential]'

/** Scrubbers for leases; a lease that is lent again has its scrubber already. */
export function createScrubbers(): (lease: Lease) => Scrubber {
  const known = new WeakMap<object, Scrubber>()
  return (lease) => {
    if (lease.kind === 'none') return NOTHING_LENT
    const scrubber = known.get(lease.secret) ?? createScrubber(lease.secret.value)
    known.set(lease.secret, scrubber)
    return scrubber
  }
}

const NOTHING_LENT: Scrubber = {
  text: unchanged,
  tree: unchanged,
  bytes: unchanged,
  within: () => unchanged(NOTHING_LENT),
}

// oxlint-disable-next-line require-yield -- there is nothing to do
function* unchanged<Given>(given: Given): Slices<Given> {
  return given
}

/**
 * Masks a credential that an upstream echoes: as sent, without its scheme, JSON-escaped (nested too), percent-encoded, as HTML, hex,
 * and base64 or base64url at any alignment. Best effort by nature: an upstream that transforms the secret otherwise defeats it.
 * Each part returns the very same reference when nothing was found, in time linear in the input whatever the secret holds, and in slices:
 * of the largest answers it can be seconds.
 * The secret is only ever searched for as bytes: it is compiled into nothing, so no error can carry it. Never throws.
 * @param value the header value as sent
 */
export function createScrubber(value: string): Scrubber {
  const secrets = secretsIn(value)
  if (secrets.length === 0) return NOTHING_LENT
  const seeking = lazily(() => sought(secrets.flatMap(formsOf)))
  const isNumber = secrets.some((secret) => /^\d+$/.test(secret))

  function* bytes(given: Uint8Array): Slices<Uint8Array> {
    const marks = yield* marksIn(given, seeking())
    return marks === null ? given : yield* masked(given, marks)
  }
  function* text(given: string): Slices<string> {
    const [scrubbed = given] = yield* words([given])
    return scrubbed
  }
  function* tree(given: Json): Slices<Json> {
    const said = wordsIn(given, isNumber)
    const scrubbed = yield* words(said)
    return scrubbed === said ? given : rewritten(given, scrubbed, isNumber)
  }
  /** One look at all of them, which most often finds nothing. */
  function* words(given: readonly string[]): Slices<readonly string[]> {
    const spelled = Buffer.from(given.join('\n'), 'utf8')
    const marks = yield* marksIn(spelled, seeking())
    return marks === null ? given : yield* maskedWords(given, spelled, marks)
  }
  // JSON without an escape says in its strings what its bytes say, and nothing else; its numbers have other spellings.
  function* within(given: Uint8Array): Slices<Scrubber> {
    const isPlain = !isNumber && !given.includes(BACKSLASH)
    return isPlain && (yield* marksIn(given, seeking())) === null ? NOTHING_LENT : scrubber
  }
  const scrubber: Scrubber = { text, tree, bytes, within }
  return scrubber
}

const BACKSLASH = 0x5c

/** One mask in the place of each run of marked bytes. */
function* masked(given: Uint8Array, marks: Uint8Array): Slices<Uint8Array> {
  const bytes = new Uint8Array(yield* sizeOfMasked(marks))
  let [at, size, count] = [0, 0, 0]
  for (const { start, end } of runsOf(marks)) {
    bytes.set(given.subarray(at, start), size)
    bytes.set(MASK_BYTES, size + start - at)
    size += start - at + MASK_BYTES.length
    at = end
    count += 1
    if (count % RUNS_A_SLICE === 0) yield
  }
  bytes.set(given.subarray(at), size)
  return bytes
}

const MASK_BYTES = Buffer.from(MASK)
const RUNS_A_SLICE = 1024

function* sizeOfMasked(marks: Uint8Array): Slices<number> {
  let [size, count] = [marks.length, 0]
  for (const { start, end } of runsOf(marks)) {
    size += MASK_BYTES.length - (end - start)
    count += 1
    if (count % RUNS_A_SLICE === 0) yield
  }
  return size
}

function* runsOf(marks: Uint8Array): Generator<{ readonly start: number; readonly end: number }> {
  for (let start = marks.indexOf(1); start !== -1;) {
    const next = marks.indexOf(0, start)
    const end = next === -1 ? marks.length : next
    yield { start, end }
    start = end === marks.length ? -1 : marks.indexOf(1, end)
  }
}

/** Strings and keys of a tree, and numbers where they matter. */
function wordsIn(given: Json, withNumbers: boolean): readonly string[] {
  const words: string[] = []
  const collect = (part: Json): void => {
    if (typeof part === 'string') words.push(part)
    if (typeof part === 'number' && withNumbers) words.push(String(part))
    if (typeof part !== 'object' || part === null) return
    if (!Array.isArray(part)) for (const key of Object.keys(part)) words.push(key)
    for (const member of Object.values(part)) collect(member)
  }
  collect(given)
  return words
}

/** @param spelled the words, with one byte between each two */
function* maskedWords(
  given: readonly string[],
  spelled: Uint8Array,
  marks: Uint8Array,
): Slices<readonly string[]> {
  const scrubbed: string[] = []
  let start = 0
  for (const word of given) {
    const end = start + Buffer.byteLength(word)
    const own = marks.subarray(start, end)
    const isClean = !own.includes(1)
    scrubbed.push(isClean ? word : textOf(yield* masked(spelled.subarray(start, end), own)))
    start = end + 1
    if (scrubbed.length % WORDS_A_SLICE === 0) yield
  }
  return scrubbed
}

const WORDS_A_SLICE = 1024
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, 0, bytes.length).toString('utf8')

/** The tree with other words, which stand in the order in which they were collected; the very same where they are the same. */
function rewritten(given: Json, words: readonly string[], withNumbers: boolean): Json {
  let at = 0
  const next = (): string => words[at++] ?? ''
  const within = (part: Json): Json => {
    if (typeof part === 'string') return next()
    if (typeof part === 'number') return !withNumbers || next() === String(part) ? part : MASK
    if (typeof part !== 'object' || part === null) return part
    if (!Array.isArray(part)) return membersWithin(Object.entries(part), part)
    const items: readonly Json[] = part.map(within)
    return items.every((item, place) => item === part[place]) ? part : items
  }
  const membersWithin = (members: readonly (readonly [string, Json])[], part: Json): Json => {
    const keys = members.map(next)
    const values = members.map(([, member]) => within(member))
    const isSame = members.every(([key, member], place) => keys[place] === key && values[place] === member)
    return isSame ? part : Object.fromEntries(keys.map((key, place) => [key, values[place] ?? null]))
  }
  return within(given)
}
