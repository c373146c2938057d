import type { Hash, TreeHead } from './hashes.ts'
import { EMPTY_ROOT, isHash, nodeHash, sameHash } from './hashes.ts'
import { readRanges } from './inclusion.ts'
import { consistencyRanges, half, isOdd, sidesOfWay } from './subtrees.ts'
import type { TileReader } from './tiles.ts'

/** The consistency proof from one size to a later one (RFC 6962, 2.1.2); empty from an empty tree or to the same. @throws RangeError when the tree shrinks */
export async function proveConsistency(read: TileReader, from: number, to: number): Promise<Hash[]> {
  if (!areSizes(from, to)) throw new RangeError(`a tree of ${from} leaves does not grow to ${to}`)
  return readRanges(read, to, consistencyRanges(from, to))
}

/** Whether a proof shows that the later tree begins with the whole earlier one (RFC 9162, 2.1.4.2). */
export function consistencyHolds(from: TreeHead, to: TreeHead, proof: readonly Hash[]): boolean {
  if (!areSizes(from.size, to.size) || ![from.root, to.root, ...proof].every(isHash)) return false
  if (from.size === 0 && !sameHash(from.root, EMPTY_ROOT)) return false
  if (from.size === to.size) return proof.length === 0 && sameHash(from.root, to.root)
  if (from.size === 0) return proof.length === 0
  return growthHolds(from, to, proof)
}

function growthHolds(from: TreeHead, to: TreeHead, proof: readonly Hash[]): boolean {
  // a left edge that is a perfect subtree is the earlier root itself, and is not repeated in the proof
  const [start, ...way] = isPowerOfTwo(from.size) ? [from.root, ...proof] : proof
  if (start === undefined) return false
  let [place, last] = [from.size - 1, to.size - 1]
  while (isOdd(place)) [place, last] = [half(place), half(last)]
  const sides = sidesOfWay(place, last)
  if (sides.length !== way.length) return false
  let [earlier, later] = [start, start]
  for (const [at, sibling] of way.entries()) {
    if (sides[at] === 'left') earlier = nodeHash(sibling, earlier)
    later = sides[at] === 'left' ? nodeHash(sibling, later) : nodeHash(later, sibling)
  }
  return sameHash(earlier, from.root) && sameHash(later, to.root)
}

const areSizes = (from: number, to: number): boolean =>
  Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0 && from <= to

function isPowerOfTwo(size: number): boolean {
  let power = 1
  while (power < size) power *= 2
  return power === size
}
