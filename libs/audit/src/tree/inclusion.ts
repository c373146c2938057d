import type { Hash, TreeHead } from './hashes.ts'
import { isHash, nodeHash, sameHash } from './hashes.ts'
import { foldSubtrees, inclusionRanges, sidesOfWay, subtreesOf } from './subtrees.ts'
import type { LeafRange } from './subtrees.ts'
import type { TileReader } from './tiles.ts'
import { readSubtrees } from './tiles.ts'

/** The inclusion proof of a leaf in the tree of a size (RFC 6962, 2.1.1). @throws RangeError when the tree has no such leaf */
export async function proveInclusion(read: TileReader, index: number, size: number): Promise<Hash[]> {
  if (!isPlace(index, size)) throw new RangeError(`a tree of ${size} leaves has no leaf ${index}`)
  return readRanges(read, size, inclusionRanges(index, size))
}

/** Whether a proof shows that the tree has this leaf hash at this index (RFC 9162, 2.1.3.2). */
export function inclusionHolds(
  leaf: { readonly index: number; readonly hash: Hash },
  head: TreeHead,
  proof: readonly Hash[],
): boolean {
  if (!isPlace(leaf.index, head.size) || ![leaf.hash, ...proof].every(isHash)) return false
  const sides = sidesOfWay(leaf.index, head.size - 1)
  if (sides.length !== proof.length) return false
  const root = proof.reduce(
    (hash, sibling, at) => (sides[at] === 'left' ? nodeHash(sibling, hash) : nodeHash(hash, sibling)),
    leaf.hash,
  )
  return sameHash(root, head.root)
}

/** The hashes of ranges that RFC 6962 has hashes of, read from tiles. */
export async function readRanges(
  read: TileReader,
  size: number,
  ranges: readonly LeafRange[],
): Promise<Hash[]> {
  const parts = ranges.map(subtreesOf)
  const hashes = await readSubtrees(read, size, parts.flat())
  let at = 0
  return parts.map(({ length }) => foldSubtrees(hashes.slice(at, (at += length))))
}

const isPlace = (index: number, size: number): boolean =>
  Number.isSafeInteger(size) && Number.isSafeInteger(index) && index >= 0 && index < size
