import type { Hash } from './hashes.ts'
import { nodeHash } from './hashes.ts'

/** A perfect subtree: the leaves from `index * 2^level` to before `(index + 1) * 2^level`. */
export type Subtree = { readonly level: number; readonly index: number }

/** Leaves `from` to before `to`. */
export type LeafRange = { readonly from: number; readonly to: number }

/** The fewest perfect subtrees that cover a range, from left to right. */
export function subtreesOf({ from, to }: LeafRange): Subtree[] {
  const found: Subtree[] = []
  let at = from
  while (at < to) {
    let level = 0
    while (at % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= to) level += 1
    found.push({ level, index: at / 2 ** level })
    at += 2 ** level
  }
  return found
}

/** PATH(leaf, D[size]) of RFC 6962, 2.1.1, as the ranges whose hashes it is made of, from the leaf's sibling upwards. */
export function inclusionRanges(leaf: number, size: number): LeafRange[] {
  const siblings: LeafRange[] = []
  let [from, to] = [0, size]
  while (to - from > 1) {
    const split = from + largestPowerBelow(to - from)
    if (leaf < split) {
      siblings.push({ from: split, to })
      to = split
    } else {
      siblings.push({ from, to: split })
      from = split
    }
  }
  return siblings.toReversed()
}

/** PROOF(from, D[to]) of RFC 6962, 2.1.2, as the ranges whose hashes it is made of; none where one of the two trees is empty or both are one. */
export function consistencyRanges(old: number, size: number): LeafRange[] {
  if (old === 0 || old === size) return []
  const parts: LeafRange[] = []
  let [from, to] = [0, size]
  while (old !== to) {
    const split = from + largestPowerBelow(to - from)
    if (old <= split) {
      parts.push({ from: split, to })
      to = split
    } else {
      parts.push({ from, to: split })
      from = split
    }
  }
  // a left edge that is the whole old tree is what the verifier has already
  if (from !== 0) parts.push({ from, to })
  return parts.toReversed()
}

export type Side = 'left' | 'right'

/**
 * On which side the siblings stand on the way up from a node to the root, `last` being the last node of the first node's level.
 * A last node without a sibling is the node above it as well.
 */
export function sidesOfWay(node: number, last: number): Side[] {
  const sides: Side[] = []
  for (let [at, end] = [node, last]; end > 0; [at, end] = [half(at), half(end)]) {
    if (isOdd(at)) sides.push('left')
    else if (at < end) sides.push('right')
  }
  return sides
}

export const isOdd = (place: number): boolean => place % 2 === 1
export const half = (place: number): number => Math.floor(place / 2)

/** The hash of a range from the hashes of its subtrees, for ranges that RFC 6962 has a hash of: each subtree is larger than all that follow it. */
export function foldSubtrees(hashes: readonly Hash[]): Hash {
  return hashes.reduceRight((right, left) => nodeHash(left, right))
}

/** The root of a perfect tree; `hashes` are 2^n of one level. */
export function perfectRoot(hashes: readonly Hash[]): Hash {
  let row = hashes
  while (row.length > 1) row = pairsOf(row)
  const [root] = row
  if (root === undefined) throw new RangeError('a perfect tree has at least one leaf')
  return root
}

function pairsOf(row: readonly Hash[]): Hash[] {
  const parents: Hash[] = []
  for (let at = 0; at + 1 < row.length; at += 2) {
    const [left, right] = [row[at], row[at + 1]]
    if (left !== undefined && right !== undefined) parents.push(nodeHash(left, right))
  }
  return parents
}

function largestPowerBelow(count: number): number {
  let power = 1
  while (power * 2 < count) power *= 2
  return power
}
