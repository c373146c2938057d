import type { Frontier } from './frontier.ts'
import { createFrontier } from './frontier.ts'
import type { Hash } from './hashes.ts'
import { isHash, sameHash } from './hashes.ts'
import { subtreesOf } from './subtrees.ts'
import type { LeafRange } from './subtrees.ts'
import type { TileReader } from './tiles.ts'
import { readSubtrees } from './tiles.ts'

/**
 * Border hashes: with all leaf hashes of [from, to) they recompute the root of the tree of `size` leaves, so no leaf of the range is
 * missing, added or moved. `left` are the fewest perfect subtrees of [0, from), `right` those of [to, size), both from left to right.
 */
export type RangeProof = LeafRange & {
  readonly size: number
  readonly left: readonly Hash[]
  readonly right: readonly Hash[]
}

/** Takes the leaf hashes of a range, one after the other, in memory that does not grow. */
export type RangeCheck = {
  readonly add: (leaf: Hash) => void
  /** null when not exactly the leaves of the range were added */
  readonly root: () => Hash | null
}

/** @throws RangeError when the tree has no such range */
export async function proveRange(read: TileReader, range: LeafRange, size: number): Promise<RangeProof> {
  if (!isRange(range, size))
    throw new RangeError(`a tree of ${size} leaves has no leaves ${range.from} to ${range.to}`)
  const left = subtreesOf({ from: 0, to: range.from })
  const right = subtreesOf({ from: range.to, to: size })
  const hashes = await readSubtrees(read, size, [...left, ...right])
  return { ...range, size, left: hashes.slice(0, left.length), right: hashes.slice(left.length) }
}

/** Null for borders that cannot be those of such a range. */
export function openRange(proof: RangeProof): RangeCheck | null {
  if (!isRange(proof, proof.size) || ![...proof.left, ...proof.right].every(isHash)) return null
  const rest = subtreesOf({ from: proof.to, to: proof.size })
  const isWhole =
    proof.left.length === subtreesOf({ from: 0, to: proof.from }).length && proof.right.length === rest.length
  if (!isWhole) return null
  const frontier = createFrontier(proof.from, proof.left)
  let isSound = true
  return {
    add: (leaf) => {
      isSound &&= isHash(leaf)
      if (isSound) frontier.append(leaf)
    },
    root: () => (isSound && frontier.size() === proof.to ? closed(frontier, proof) : null),
  }
}

/** Whether these are all leaf hashes of the range, in their order. */
export function rangeHolds(proof: RangeProof, leaves: Iterable<Hash>, root: Hash): boolean {
  const check = openRange(proof)
  if (check === null) return false
  for (const leaf of leaves) check.add(leaf)
  const found = check.root()
  return found !== null && sameHash(found, root)
}

function closed(frontier: Frontier, { to, size, right }: RangeProof): Hash {
  const whole = createFrontier(frontier.size(), frontier.hashes())
  for (const [at, { level }] of subtreesOf({ from: to, to: size }).entries()) {
    const hash = right[at]
    if (hash !== undefined) whole.appendSubtree(level, hash)
  }
  return whole.root()
}

const isRange = ({ from, to }: LeafRange, size: number): boolean =>
  [from, to, size].every(Number.isSafeInteger) && from >= 0 && from <= to && to <= size
