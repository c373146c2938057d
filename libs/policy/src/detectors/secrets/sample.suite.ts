/**
 * Strings that a regular expression matches: enough of the syntax of RE2, Go and JavaScript for the rules of secret scanners.
 * Assertions are skipped: the caller checks a sample against the whole expression where that matters.
 */
export function sampler(source: string, next: () => number, fold = false): () => string {
  const reading: Reading = { source, at: 0, fold }
  const tree = readAlternatives(reading)
  if (reading.at < source.length) throw new Error(`unexpected ${source.charAt(reading.at)} at ${reading.at}`)
  return () => written(tree, next)
}

/** Mulberry32: numbers in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

type Reading = { readonly source: string; at: number; fold: boolean }
type Node =
  | { readonly kind: 'one'; readonly characters: readonly string[] }
  | { readonly kind: 'all'; readonly items: readonly Node[] }
  | { readonly kind: 'any'; readonly items: readonly Node[] }
  | { readonly kind: 'repeat'; readonly item: Node; readonly least: number; readonly most: number }

const PRINTABLE = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index))
const WORD = PRINTABLE.filter((character) => /\w/.test(character))
const DIGITS = WORD.filter((character) => /\d/.test(character))
const ESCAPES = new Map<string, readonly string[]>([
  ['d', DIGITS],
  ['w', WORD],
  ['s', [' ', ' ', '\t', '\n']],
  ['S', PRINTABLE.slice(1)],
  ['n', ['\n']],
  ['r', ['\r']],
  ['t', ['\t']],
])
const NAMED = new Map([
  ['alnum', /[A-Za-z0-9]/],
  ['alpha', /[A-Za-z]/],
  ['digit', /\d/],
])
/** How far beyond the least a repetition goes. */
const MOST_BEYOND = 12

const one = (characters: readonly string[]): Node => ({ kind: 'one', characters })
const literal = (character: string, fold: boolean): Node => one(fold ? bothCases(character) : [character])
const bothCases = (character: string): string[] => [
  ...new Set([character.toLowerCase(), character.toUpperCase()]),
]

function readAlternatives(reading: Reading): Node {
  const { fold } = reading
  const items = [readSequence(reading)]
  while (reading.source[reading.at] === '|') {
    reading.at++
    items.push(readSequence(reading))
  }
  reading.fold = fold
  return { kind: 'any', items }
}

function readSequence(reading: Reading): Node {
  const items: Node[] = []
  while (reading.at < reading.source.length && !'|)'.includes(reading.source.charAt(reading.at))) {
    const item = readItem(reading)
    if (item !== null) items.push(readRepetition(reading, item))
  }
  return { kind: 'all', items }
}

/** @returns null for what has no length */
function readItem(reading: Reading): Node | null {
  const character = reading.source.charAt(reading.at++)
  if (character === '(') return readGroup(reading)
  if (character === '[') return readClass(reading)
  if (character === '.') return one(isRepeated(reading) ? PRINTABLE : ['.'])
  if (character === '^' || character === '$') return null
  return character === '\\' ? readEscaped(reading) : literal(character, reading.fold)
}

function readEscaped(reading: Reading): Node | null {
  const [first, ...rest] = readEscape(reading)
  if (first === undefined) return null
  return rest.length === 0 ? literal(first, reading.fold) : one([first, ...rest])
}

/** A dot that stands alone is one that its author forgot to escape. */
const isRepeated = ({ source, at }: Reading): boolean => '*+?{'.includes(source[at] ?? ' ')

/** What an escape may stand for; nothing for an assertion. */
function readEscape(reading: Reading): readonly string[] {
  const character = reading.source.charAt(reading.at++)
  if ('bBzA'.includes(character)) return []
  if (character !== 'x') return ESCAPES.get(character) ?? [character]
  reading.at += 2
  return [String.fromCharCode(Number.parseInt(reading.source.slice(reading.at - 2, reading.at), 16))]
}

function readGroup(reading: Reading): Node | null {
  const [opening, on, off, end] = OPENING.exec(reading.source.slice(reading.at)) ?? ['']
  const before = reading.fold
  reading.at += opening.length
  reading.fold = (before || has(on, 'i')) && !has(off, 'i')
  if (end === ')') return null
  const inside = readAlternatives(reading)
  reading.at++
  reading.fold = before
  return ASSERTION.test(opening) ? null : inside
}

const OPENING = /^\?(?:P?<[A-Za-z]\w*>|<?[=!]|([ims]*)(?:-([ims]+))?(:|\)))/
const ASSERTION = /^\?<?[=!]/
const has = (flags: string | undefined, flag: string): boolean => flags?.includes(flag) === true

function readClass(reading: Reading): Node {
  const isNegated = reading.source[reading.at] === '^'
  if (isNegated) reading.at++
  const members: string[] = [...readMember(reading)]
  while (reading.source[reading.at] !== ']') members.push(...readMember(reading))
  reading.at++
  const folded = new Set(reading.fold ? members.flatMap(bothCases) : members)
  return one(isNegated ? PRINTABLE.filter((character) => !folded.has(character)) : [...folded])
}

function readMember(reading: Reading): readonly string[] {
  const named = /^\[:(\w+):\]/.exec(reading.source.slice(reading.at))
  if (named !== null) {
    reading.at += named[0].length
    const shape = NAMED.get(named[1] ?? '')
    return PRINTABLE.filter((character) => shape?.test(character) === true)
  }
  const from = readOne(reading)
  if (from.length !== 1 || reading.source[reading.at] !== '-' || reading.source[reading.at + 1] === ']')
    return from
  reading.at++
  const [first, last] = [codeOf(from), codeOf(readOne(reading))]
  return Array.from({ length: last - first + 1 }, (_, index) => String.fromCharCode(first + index))
}

const codeOf = (characters: readonly string[]): number => (characters[0] ?? '').charCodeAt(0)

function readOne(reading: Reading): readonly string[] {
  const character = reading.source.charAt(reading.at++)
  return character === '\\' ? readEscape(reading) : [character]
}

function readRepetition(reading: Reading, item: Node): Node {
  const found = /^(?:\*|\+|\?|\{(\d+)(,?)(\d*)\})\??/.exec(reading.source.slice(reading.at))
  if (found === null) return item
  reading.at += found[0].length
  const [least, most] = boundsOf(found)
  return { kind: 'repeat', item, least, most: Math.min(most, least + MOST_BEYOND) }
}

function boundsOf([mark, least, comma, most]: RegExpExecArray): readonly [number, number] {
  if (mark.startsWith('*')) return [0, Infinity]
  if (mark.startsWith('+')) return [1, Infinity]
  if (mark.startsWith('?')) return [0, 1]
  if (comma === '') return [Number(least), Number(least)]
  return [Number(least), most === '' ? Infinity : Number(most)]
}

function written(node: Node, next: () => number): string {
  if (node.kind === 'one') return chosen(node.characters, next) ?? ''
  if (node.kind === 'all') return node.items.map((item) => written(item, next)).join('')
  if (node.kind === 'any') {
    const branch = chosen(node.items, next)
    return branch === undefined ? '' : written(branch, next)
  }
  const times = node.least + Math.floor(next() * (node.most - node.least + 1))
  return Array.from({ length: times }, () => written(node.item, next)).join('')
}

const chosen = <Item>(items: readonly Item[], next: () => number): Item | undefined =>
  items[Math.floor(next() * items.length)]
