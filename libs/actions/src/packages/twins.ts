import { editDistance, folded, glance, withoutAffix } from './confusable.ts'

/** The well-known names of one ecosystem, laid out so that a confusable one is found without reading all of them. */
export type Twins = {
  readonly isPopular: (name: string) => boolean
  /** the well-known name that this one may be taken for */
  readonly twinOf: (name: string) => string | null
}

export function createTwins(popular: readonly string[]): Twins {
  const known = new Set(popular)
  const byFolded = firstBy(popular, folded)
  const byGlance = firstBy(popular, glance)
  const byLength = grouped(popular)
  const isPopular = (name: string): boolean => known.has(name)
  return {
    isPopular,
    twinOf: (name) => (isPopular(name) || name.length < MIN_NAME ? null : twinAmong(name)),
  }

  function twinAmong(name: string): string | null {
    const bare = withoutAffix(name)
    const same =
      byFolded.get(folded(name)) ??
      byGlance.get(glance(name)) ??
      (bare !== null && known.has(bare) ? bare : undefined)
    return same ?? nearest(name)
  }

  function nearest(name: string): string | null {
    const most = name.length > LONG_NAME ? 2 : 1
    const letters = lettersOf(name)
    for (let length = name.length - most; length <= name.length + most; length += 1) {
      const found = (byLength.get(length) ?? []).find((one) => isNear(name, letters, one))
      if (found !== undefined) return found.name
    }
    return null
  }
}

type Popular = { readonly name: string; readonly letters: number }

/** One edit changes at most two letters of the set of letters: most names are told apart by that alone. */
function isNear(name: string, letters: number, one: Popular): boolean {
  const most = allowed(name, one.name)
  return (
    one.name.length >= MIN_NAME &&
    bitsIn(letters ^ one.letters) <= 2 * most &&
    editDistance(name, one.name, most) <= most
  )
}

/** Which letters stand in a name, as bits; what is no letter shares the last ones. */
function lettersOf(name: string): number {
  let bits = 0
  for (let at = 0; at < name.length; at += 1) {
    const letter = name.charCodeAt(at) - FIRST_LETTER
    bits |= 1 << (letter >= 0 && letter < 26 ? letter : 26 + (name.charCodeAt(at) % 6))
  }
  return bits
}
const FIRST_LETTER = 97

function bitsIn(word: number): number {
  let count = 0
  for (let rest = word >>> 0; rest !== 0; rest = (rest & (rest - 1)) >>> 0) count += 1
  return count
}

const MIN_NAME = 4
const LONG_NAME = 8

/** Of short names one edit, of names beyond eight letters two. */
const allowed = (name: string, popular: string): number =>
  Math.min(name.length, popular.length) > LONG_NAME ? 2 : 1

/** The most used of those that fold alike counts. */
const firstBy = (names: readonly string[], key: (name: string) => string): ReadonlyMap<string, string> =>
  new Map(names.toReversed().map((name) => [key(name), name]))

function grouped(names: readonly string[]): ReadonlyMap<number, readonly Popular[]> {
  const groups = new Map<number, Popular[]>()
  for (const name of names) {
    const one = { name, letters: lettersOf(name) }
    const group = groups.get(name.length)
    if (group === undefined) groups.set(name.length, [one])
    else group.push(one)
  }
  return groups
}
