import { FOLDED, foldText, UNSEEN } from './alphabet.ts'

/**
 * Many literals found in one pass (Aho and Corasick, CACM 18(6), 1975) over dense tables: one step for each code unit, whatever the text.
 * The root is node 0. The node that follows is `next[(node << shift) | class]`, or where literals end there or the code unit is marked,
 * its complement (a negative number), so that the pass over plain text reads one small table and asks one question.
 */
export type Automaton = {
  /** the column of each UTF-16 code unit */
  readonly classes: Uint8Array
  readonly next: Int16Array
  readonly shift: number
  /** of each node: where its list begins in `found`; 0 where no literal ends */
  readonly ends: Int32Array
  /** lists of a count and that many pairs of (number of the literal, its length) */
  readonly found: Int32Array
  /** code units of the longest literal: the node after so many of ASCII depends on nothing before them */
  readonly longest: number
}

/** The column of code units that no literal has: they lead back to the root. */
const ELSE = 0
/** The column of code units that cannot be seen: they lead nowhere. */
const STAY = 1

/** @param marked code units at each of which the pass is to stop, as it does at those that cannot be seen */
export function automatonOf(literals: readonly string[], marked: string): Automaton {
  const folded = literals.map(foldText)
  const classes = classesOf([...folded, marked])
  const columns = Math.max(...classes) + 1
  const shift = Math.ceil(Math.log2(columns))
  const trie = plant(folded, classes, shift)
  link(trie, 1 << shift)
  const lists = listed(trie, folded)
  const stops = new Uint8Array(1 << shift)
  for (const column of [STAY, ...Array.from(marked, (unit) => classes[unit.charCodeAt(0)] ?? ELSE)])
    stops[column] = 1
  markStops(trie, lists.ends, stops)
  return {
    classes,
    shift,
    next: trie.next,
    ...lists,
    longest: Math.max(...folded.map(({ length }) => length)),
  }
}

/** The commonest first, so that the part of a row that most text reads is a line or two of the processor's cache. */
const COMMONEST = ' etaoinsrhldcumfpgwybvk-._/:"0123456789x=,'

function classesOf(literals: readonly string[]): Uint8Array {
  const used = new Set(literals.join(''))
  const letters = new Set([...Array.from(COMMONEST).filter((letter) => used.has(letter)), ...used])
  const columns = new Map([...letters].map((letter, at) => [letter.charCodeAt(0), at + 2]))
  if (columns.size > 250) throw new RangeError('the literals use too many different characters')
  return Uint8Array.from(FOLDED, (code) => (code === UNSEEN ? STAY : (columns.get(code) ?? ELSE)))
}

type Trie = { next: Int16Array; size: number; readonly own: number[][]; readonly shift: number }

/** All literals at once, letter by letter: so the nodes near the root, which most text visits, stand together in memory. */
function plant(literals: readonly string[], classes: Uint8Array, shift: number): Trie {
  const most = literals.reduce((nodes, { length }) => nodes + length, 1)
  const trie: Trie = { next: new Int16Array(most << shift), size: 1, own: [[]], shift }
  const nodes = literals.map(() => 0)
  const longest = Math.max(...literals.map(({ length }) => length))
  for (let at = 0; at < longest; at += 1) {
    for (const [number, literal] of literals.entries()) {
      if (at >= literal.length) continue
      const node = childOf(trie, nodes[number] ?? 0, classes[literal.charCodeAt(at)] ?? ELSE)
      nodes[number] = node
      if (at === literal.length - 1) trie.own[node]?.push(number)
    }
  }
  if (trie.size > 0x7fff) throw new RangeError('there are too many literals')
  trie.next = trie.next.slice(0, trie.size << shift)
  return trie
}

function childOf(trie: Trie, node: number, column: number): number {
  const place = (node << trie.shift) | column
  const known = trie.next[place] ?? 0
  if (known !== 0) return known
  const child = trie.size
  trie.size += 1
  trie.own.push([])
  trie.next[place] = child
  return child
}

/** Breadth first, so that a node's fallback is finished before the node: missing steps become those of the fallback. */
function link(trie: Trie, columns: number): void {
  const fallbacks = new Int32Array(trie.size)
  const queue = childrenOfRoot(trie, columns)
  for (const node of queue) {
    const fallback = fallbacks[node] ?? 0
    trie.own[node]?.push(...(trie.own[fallback] ?? []))
    for (let column = 2; column < columns; column += 1) {
      const place = (node << trie.shift) | column
      const onward = trie.next[(fallback << trie.shift) | column] ?? 0
      const child = trie.next[place] ?? 0
      if (child === 0) trie.next[place] = onward
      else {
        fallbacks[child] = onward
        queue.push(child)
      }
    }
    trie.next[(node << trie.shift) | STAY] = node
  }
}

const childrenOfRoot = (trie: Trie, columns: number): number[] =>
  Array.from(trie.next.subarray(0, columns)).filter((child) => child !== 0)

/** Complements each step at which the pass is to stop. */
function markStops({ next, shift }: Trie, ends: Int32Array, stops: Uint8Array): void {
  const column = (1 << shift) - 1
  for (let place = 0; place < next.length; place += 1) {
    const node = next[place] ?? 0
    if (ends[node] !== 0 || stops[place & column] === 1) next[place] = ~node
  }
}

function listed(trie: Trie, literals: readonly string[]): Pick<Automaton, 'ends' | 'found'> {
  const ends = new Int32Array(trie.size)
  const found = [0]
  for (const [node, numbers] of trie.own.entries()) {
    if (numbers.length === 0) continue
    ends[node] = found.length
    found.push(numbers.length, ...numbers.flatMap((number) => [number, literals[number]?.length ?? 0]))
  }
  return { ends, found: Int32Array.from(found) }
}
