import { describe, expect, it } from '@jest/globals'
import { consistencyHolds, proveConsistency } from './consistency.ts'
import type { Hash, TreeHead } from './hashes.ts'
import { EMPTY_ROOT, nodeHash } from './hashes.ts'
import { inclusionHolds, proveInclusion } from './inclusion.ts'
import { leavesOf, naiveRoot, naiveTiles } from './naive.fixture.ts'
import type { RangeProof } from './range.ts'
import { proveRange, rangeHolds } from './range.ts'

const SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17, 31, 32, 33, 64, 100, 255, 256, 257]

describe('more than ten thousand forged proofs', () => {
  it('are refused, every one', async () => {
    let refused = 0
    for (const size of SIZES) {
      const [leaves, other] = [leavesOf(size), leavesOf(size, 1)]
      const read = naiveTiles(leaves)
      const head = { size, root: naiveRoot(leaves) }
      for (const index of someOf(size)) {
        const proof = await proveInclusion(read, index, size)
        const hash = leaves[index] ?? EMPTY_ROOT
        expect(inclusionHolds({ index, hash }, head, proof)).toBe(true)
        for (const forged of inclusionForgeries({ index, hash, head, proof }, leaves))
          refused += refusal(inclusionHolds(forged, forged.head, forged.proof))
      }
      for (const old of someOf(size)) {
        const from = { size: old, root: naiveRoot(leaves.slice(0, old)) }
        const proof = await proveConsistency(read, old, size)
        expect(consistencyHolds(from, head, proof)).toBe(true)
        for (const forged of consistencyForgeries({ from, to: head, proof }, other))
          refused += refusal(consistencyHolds(forged.from, forged.to, forged.proof))
      }
      for (const to of someOf(size)) {
        const range = { from: Math.floor(to / 2), to: to + 1 }
        const proof = await proveRange(read, range, size)
        const rows = leaves.slice(range.from, range.to)
        expect(rangeHolds(proof, rows, head.root)).toBe(true)
        for (const forged of rangeForgeries({ proof, rows, root: head.root }, other))
          refused += refusal(rangeHolds(forged.proof, forged.rows, forged.root))
      }
    }
    expect(refused).toBeGreaterThan(10_000)
  })
})

/** Counts a refusal; what passes stops the count here. */
function refusal(holds: boolean): number {
  expect(holds).toBe(false)
  return 1
}

type Inclusion = { index: number; hash: Hash; head: TreeHead; proof: readonly Hash[] }

const inclusionForgeries = (honest: Inclusion, leaves: readonly Hash[]): Inclusion[] => [
  ...editedLists(honest.proof, leaves[0] ?? EMPTY_ROOT).map((proof) => ({ ...honest, proof })),
  { ...honest, hash: flipped(honest.hash, 7) },
  { ...honest, hash: honest.hash.subarray(1) },
  { ...honest, head: { ...honest.head, root: flipped(honest.head.root, 250) } },
  { ...honest, head: { size: 0, root: EMPTY_ROOT } },
  // an inner node taken for a leaf: the second preimage that the two prefixes are there against
  { ...honest, hash: nodeHash(honest.hash, honest.proof[0] ?? EMPTY_ROOT), proof: honest.proof.slice(1) },
  ...someOf(honest.head.size)
    .filter((index) => index !== honest.index)
    .map((index) => ({ ...honest, index })),
  ...[-1, honest.head.size, honest.index + 0.5, Number.NaN].map((index) => ({ ...honest, index })),
]

type Consistency = { from: TreeHead; to: TreeHead; proof: readonly Hash[] }

function consistencyForgeries(honest: Consistency, other: readonly Buffer[]): Consistency[] {
  const { from, to, proof } = honest
  const split = naiveRoot(other.slice(0, from.size))
  const forged = [
    ...editedLists(proof, from.root).map((edited) => ({ ...honest, proof: edited })),
    { ...honest, to: { ...to, root: flipped(to.root, 3) } },
    { ...honest, from: { ...from, root: flipped(from.root, 3) } },
    { ...honest, from: { ...from, size: to.size + 1 } },
    { ...honest, to: { ...to, root: naiveRoot(other) } },
  ]
  // nothing was said of an empty tree that another history could contradict
  if (from.size === 0) return forged.filter(({ to: { root } }) => root === to.root)
  return [...forged, { ...honest, from: { ...from, root: split } }, { ...honest, from: to, to: from }]
}

type Range = { proof: RangeProof; rows: readonly Hash[]; root: Hash }

function rangeForgeries(honest: Range, other: readonly Hash[]): Range[] {
  const { proof, rows } = honest
  const stranger = other[0] ?? EMPTY_ROOT
  return [
    ...editedLists(rows, stranger).map((edited) => ({ ...honest, rows: edited })),
    ...editedLists(proof.left, stranger).map((left) => ({ ...honest, proof: { ...proof, left } })),
    ...editedLists(proof.right, stranger).map((right) => ({ ...honest, proof: { ...proof, right } })),
    { ...honest, root: flipped(honest.root, 100) },
    { ...honest, proof: { ...proof, to: proof.to - 1 }, rows: rows.slice(0, -1) },
    { ...honest, proof: { ...proof, from: proof.from + 1 }, rows: rows.slice(1) },
    { ...honest, proof: { ...proof, size: proof.to - 1 } },
    { ...honest, proof: { ...proof, from: -1 } },
  ]
}

/** A list with a bit flipped, a member left out, added, doubled or moved. */
function editedLists(list: readonly Hash[], stranger: Hash): Hash[][] {
  const edited: Hash[][] = [
    [...list, stranger],
    [stranger, ...list],
    [...list, EMPTY_ROOT.subarray(1)],
  ]
  for (const [at, hash] of list.slice(0, 12).entries()) {
    for (const bit of [0, 5, 131, 255]) edited.push(list.with(at, flipped(hash, bit)))
    edited.push(list.toSpliced(at, 1), list.toSpliced(at, 0, hash), list.with(at, hash.subarray(0, 31)))
    const next = list[at + 1]
    if (next !== undefined) edited.push(list.with(at, next).with(at + 1, hash))
  }
  return edited
}

function flipped(hash: Hash, bit: number): Hash {
  const changed = Buffer.from(hash)
  changed[Math.floor(bit / 8)] = (changed[Math.floor(bit / 8)] ?? 0) ^ (1 << (bit % 8))
  return changed
}

const someOf = (size: number): number[] => [
  ...new Set([0, 1, size >> 1, (size >> 1) + 1, size - 2, size - 1].filter((at) => at >= 0 && at < size)),
]
