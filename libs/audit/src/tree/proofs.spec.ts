import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { consistencyHolds, proveConsistency } from './consistency.ts'
import { createFrontier } from './frontier.ts'
import { nodeHash } from './hashes.ts'
import { inclusionHolds, proveInclusion } from './inclusion.ts'
import { leavesOf, naivePath, naiveProof, naiveRoot, naiveTiles } from './naive.fixture.ts'
import { proveRange, rangeHolds } from './range.ts'

const sizes = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 250, max: 520 }))

describe('proofs', () => {
  it('of inclusion are those of RFC 6962, and hold', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), async (size, at) => {
        const [leaves, index] = [leavesOf(size), at % size]
        const proof = await proveInclusion(naiveTiles(leaves), index, size)
        expect(proof.map(hex)).toEqual(naivePath(index, leaves).map(hex))
        const hash = leaves[index] ?? Buffer.alloc(0)
        expect(inclusionHolds({ index, hash }, { size, root: naiveRoot(leaves) }, proof)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('of consistency are those of RFC 6962, and hold', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), async (size, at) => {
        const [leaves, old] = [leavesOf(size), at % (size + 1)]
        const proof = await proveConsistency(naiveTiles(leaves), old, size)
        expect(proof.map(hex)).toEqual(naiveProof(old, leaves).map(hex))
        const from = { size: old, root: naiveRoot(leaves.slice(0, old)) }
        expect(consistencyHolds(from, { size, root: naiveRoot(leaves) }, proof)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('of a range recompute the root from all leaves of the range', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), fc.nat(), async (size, one, other) => {
        const leaves = leavesOf(size)
        const [from, to] = [one % (size + 1), other % (size + 1)].toSorted((a, b) => a - b)
        const range = { from: from ?? 0, to: to ?? 0 }
        const proof = await proveRange(naiveTiles(leaves), range, size)
        expect(rangeHolds(proof, leaves.slice(range.from, range.to), naiveRoot(leaves))).toBe(true)
        expect(proof.left.length + proof.right.length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(size + 1)))
      }),
      { numRuns: 60 },
    )
  })

  it('are not made of what the tree does not have', async () => {
    const read = naiveTiles(leavesOf(5))
    await expect(proveInclusion(read, 5, 5)).rejects.toThrow(RangeError)
    await expect(proveInclusion(read, -1, 5)).rejects.toThrow(RangeError)
    await expect(proveConsistency(read, 6, 5)).rejects.toThrow(RangeError)
    await expect(proveRange(read, { from: 3, to: 6 }, 5)).rejects.toThrow(RangeError)
    await expect(proveInclusion(async () => Buffer.alloc(64), 0, 5)).rejects.toThrow(RangeError)
  })

  it('of one size serve from the tiles of a later one', async () => {
    const leaves = leavesOf(300)
    const whole = naiveTiles(leaves)
    const later = async (tile: { level: number; index: number; width: number }) =>
      whole({ ...tile, width: Math.min(256, Math.floor(300 / 256 ** tile.level) - tile.index * 256) })
    const proof = await proveInclusion(later, 70, 131)
    expect(proof.map(hex)).toEqual(naivePath(70, leaves.slice(0, 131)).map(hex))
  })

  it('are of hashes only: what is shorter or longer is a mistake of the caller', () => {
    const [leaf = Buffer.alloc(0)] = leavesOf(1)
    for (const other of [leaf.subarray(1), Buffer.concat([leaf, leaf]), Buffer.alloc(0)]) {
      expect(() => nodeHash(other, leaf)).toThrow(RangeError)
      expect(() => nodeHash(leaf, other)).toThrow(RangeError)
    }
    expect(() => createFrontier(3, [leaf])).toThrow(RangeError)
    expect(() => createFrontier(1, [leaf]).appendSubtree(1, leaf)).toThrow(RangeError)
  })

  it('reach to sizes beyond 32 bits', () => {
    const size = 2 ** 40 + 5
    const tree = createFrontier(2 ** 40, leavesOf(1))
    for (const leaf of leavesOf(5, 1)) tree.append(leaf)
    const [big, next, last] = tree.hashes()
    const [last1] = leavesOf(5, 1).slice(-1)
    if (!big || !next || !last || !last1) throw new Error('a tree of that size has three parts')
    const leaf = { index: 2 ** 40 + 4, hash: last1 }
    expect(inclusionHolds(leaf, { size, root: tree.root() }, [next, big])).toBe(true)
    expect(inclusionHolds({ ...leaf, index: 4 }, { size, root: tree.root() }, [next, big])).toBe(false)
  })
})

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
