import type { Json } from '@writ/contracts'
import type { Lease, Scrubber } from '@writ/enforcement'
import { encodingsOf } from './encodings.ts'
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

const NOTHING_LENT: Scrubber = { text: (text) => text, tree: (content) => content, bytes: (bytes) => bytes }

/**
 * Masks a credential that an upstream echoes: as sent, without its scheme, JSON-escaped (nested too), percent-encoded, hex,
 * and base64 or base64url at any alignment. Best effort by nature: an upstream that transforms the secret otherwise defeats it.
 * Each part returns the very same reference when nothing was found, in time linear in the input.
 * @param value the header value as sent
 */
export function createScrubber(value: string): Scrubber {
  const secrets = secretsIn(value)
  if (secrets.length === 0) return NOTHING_LENT
  const pattern = new RegExp(secrets.flatMap(encodingsOf).join('|'), 'g')
  const isNumber = secrets.some((secret) => /^\d+$/.test(secret))

  const text = (given: string): string => {
    pattern.lastIndex = 0
    return pattern.test(given) ? given.replaceAll(pattern, MASK) : given
  }
  const tree = (given: Json): Json => {
    if (typeof given === 'string') return text(given)
    if (typeof given === 'number') return isNumber && text(String(given)) !== String(given) ? MASK : given
    if (typeof given !== 'object' || given === null) return given
    return Array.isArray(given) ? scrubbedList(given, tree) : scrubbedMembers(Object.entries(given), given)
  }
  const scrubbedMembers = (members: readonly (readonly [string, Json])[], given: Json): Json => {
    const scrubbed = members.map(([key, member]) => [text(key), tree(member)] as const)
    const isSame = members.every(
      ([key, member], at) => scrubbed[at]?.[0] === key && scrubbed[at][1] === member,
    )
    return isSame ? given : Object.fromEntries(scrubbed)
  }
  const bytes = (given: Uint8Array): Uint8Array => {
    const letters = Buffer.from(given.buffer, given.byteOffset, given.length).toString('latin1')
    const scrubbed = text(letters)
    return scrubbed === letters ? given : Buffer.from(scrubbed, 'latin1')
  }
  return { text, tree, bytes }
}

function scrubbedList(items: readonly Json[], tree: (item: Json) => Json): Json {
  const scrubbed = items.map(tree)
  return scrubbed.every((item, at) => item === items[at]) ? items : scrubbed
}
