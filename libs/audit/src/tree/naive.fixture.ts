import { createHash } from 'node:crypto'
import type { TileReader } from './tiles.ts'

// The tree as RFC 6962, section 2.1 writes it down, on lists of leaf hashes, without a thought for speed: what the specs compare with.

const sha256 = (...parts: Uint8Array[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

export const naiveLeaf = (text: string): Buffer => sha256(Buffer.of(0), Buffer.from(text))

export const leavesOf = (count: number, seed = 0): Buffer[] =>
  Array.from({ length: count }, (_, at) => naiveLeaf(`leaf ${seed}/${at}`))

export function naiveRoot(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves
  if (only === undefined) return sha256()
  if (leaves.length === 1) return only
  const k = splitOf(leaves.length)
  return sha256(Buffer.of(1), naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)))
}

export function naivePath(index: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length === 1) return []
  const k = splitOf(leaves.length)
  return index < k
    ? [...naivePath(index, leaves.slice(0, k)), naiveRoot(leaves.slice(k))]
    : [...naivePath(index - k, leaves.slice(k)), naiveRoot(leaves.slice(0, k))]
}

export const naiveProof = (old: number, leaves: readonly Buffer[]): Buffer[] =>
  old === 0 ? [] : subProof(old, leaves, true)

function subProof(old: number, leaves: readonly Buffer[], isWhole: boolean): Buffer[] {
  if (old === leaves.length) return isWhole ? [] : [naiveRoot(leaves)]
  const k = splitOf(leaves.length)
  return old <= k
    ? [...subProof(old, leaves.slice(0, k), isWhole), naiveRoot(leaves.slice(k))]
    : [...subProof(old - k, leaves.slice(k), false), naiveRoot(leaves.slice(0, k))]
}

/** Tiles as C2SP tlog-tiles defines them: MTH(D[(n * 256 + i) * 256**l : (n * 256 + i + 1) * 256**l]). */
export const naiveTiles =
  (leaves: readonly Buffer[]): TileReader =>
  async ({ level, index, width }) => {
    const span = 256 ** level
    return Buffer.concat(
      Array.from({ length: width }, (_, i) => {
        const first = (index * 256 + i) * span
        if (first + span > leaves.length) throw new Error('the tree has no such tile')
        return naiveRoot(leaves.slice(first, first + span))
      }),
    )
  }

function splitOf(count: number): number {
  let k = 1
  while (k * 2 < count) k *= 2
  return k
}
