import type { Json } from '@writ/contracts'
import type { Lease, Scrubber } from '@writ/enforcement'
import { formsOf } from './encodings.ts'
import { lazily } from './lazily.ts'
import { placesOf, sought } from './search.ts'
import type { Span } from './search.ts'
import { secretsIn } from './secrets.ts'

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
  text: (text) => text,
  tree: (content) => content,
  bytes: (bytes) => bytes,
  within: () => NOTHING_LENT,
}

/**
 * Masks a credential that an upstream echoes: as sent, without its scheme, JSON-escaped (nested too), percent-encoded, as HTML, hex,
 * and base64 or base64url at any alignment. Best effort by nature: an upstream that transforms the secret otherwise defeats it.
 * Each part returns the very same reference when nothing was found, in time linear in the input whatever the secret holds.
 * The secret is only ever searched for as bytes: it is compiled into nothing, so no error can carry it. Never throws.
 * @param value the header value as sent
 */
export function createScrubber(value: string): Scrubber {
  const secrets = secretsIn(value)
  if (secrets.length === 0) return NOTHING_LENT
  const seeking = lazily(() => sought(secrets.flatMap(formsOf)))
  const isNumber = secrets.some((secret) => /^\d+$/.test(secret))

  const bytes = (given: Uint8Array): Uint8Array => masked(given, placesOf(given, seeking()))
  const text = (given: string): string => {
    if (Buffer.byteLength(given) < seeking().least) return given
    const spelled = Buffer.from(given, 'utf8')
    const scrubbed = bytes(spelled)
    return scrubbed === spelled ? given : Buffer.from(scrubbed).toString('utf8')
  }
  const tree = (given: Json): Json => {
    const words = wordsIn(given, isNumber).join('\n')
    return text(words) === words ? given : scrubbedTree(given, { text, isNumber })
  }
  // JSON without an escape says in its strings what its bytes say, and nothing else; its numbers have other spellings.
  const within = (given: Uint8Array): Scrubber =>
    !isNumber && !given.includes(BACKSLASH) && bytes(given) === given ? NOTHING_LENT : scrubber
  const scrubber: Scrubber = { text, tree, bytes, within }
  return scrubber
}

const BACKSLASH = 0x5c

function masked(given: Uint8Array, places: readonly Span[]): Uint8Array {
  if (places.length === 0) return given
  const kept = places.map(({ start }, at) => given.subarray(places[at - 1]?.end ?? 0, start))
  const parts = kept.flatMap((part) => [part, MASK_BYTES])
  return Buffer.concat([...parts, given.subarray(places.at(-1)?.end ?? 0)])
}

const MASK_BYTES = Buffer.from(MASK)

/** Strings and keys of a tree, and numbers where they matter: most trees hold nothing, which one look at all of them tells. */
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

type Means = { readonly text: (given: string) => string; readonly isNumber: boolean }

function scrubbedTree(given: Json, means: Means): Json {
  if (typeof given === 'string') return means.text(given)
  if (typeof given === 'number')
    return means.isNumber && means.text(String(given)) !== String(given) ? MASK : given
  if (typeof given !== 'object' || given === null) return given
  return Array.isArray(given)
    ? scrubbedList(given, means)
    : scrubbedMembers(Object.entries(given), given, means)
}

function scrubbedList(items: readonly Json[], means: Means): Json {
  const scrubbed = items.map((item) => scrubbedTree(item, means))
  return scrubbed.every((item, at) => item === items[at]) ? items : scrubbed
}

function scrubbedMembers(members: readonly (readonly [string, Json])[], given: Json, means: Means): Json {
  const scrubbed = members.map(([key, member]) => [means.text(key), scrubbedTree(member, means)] as const)
  const isSame = members.every(([key, member], at) => scrubbed[at]?.[0] === key && scrubbed[at][1] === member)
  return isSame ? given : Object.fromEntries(scrubbed)
}
