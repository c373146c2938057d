import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { openEdge } from './edge.ts'
import type { FilledTile } from './edge.ts'
import { leavesOf, naiveRoot, naiveTiles } from './naive.fixture.ts'
import { edgeTiles, readTilePath, tilePath, tilesBetween } from './tiles.ts'

describe('tiles', () => {
  it('have the paths of C2SP tlog-tiles', () => {
    expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067')
    expect(tilePath({ level: 1, index: 0, width: 17 })).toBe('tile/1/000.p/17')
    expect(tilePath({ level: 2, index: 999, width: 1 })).toBe('tile/2/999.p/1')
    expect(tilePath({ level: 0, index: 1000, width: 256 })).toBe('tile/0/x001/000')
  })

  it('are read from their path only in its one form', () => {
    fc.assert(
      fc.property(fc.nat(63), fc.nat(2 ** 40), fc.integer({ min: 1, max: 256 }), (level, index, width) => {
        expect(readTilePath(tilePath({ level, index, width }))).toEqual({ level, index, width })
      }),
    )
    const refused = [
      'tile/00/000',
      'tile/64/000',
      'tile/0/0',
      'tile/0/x000/001',
      'tile/0/001/002',
      'tile/0/000.p/0',
      'tile/0/000.p/256',
      'tile/0/000.p/07',
      'tile/0/000/',
      '/tile/0/000',
      'tile/0/../000',
      'tile/entries/000',
      'tile/0/000.p/1\n',
    ]
    for (const path of refused) expect({ path, read: readTilePath(path) }).toEqual({ path, read: null })
  })

  it('of a tree of 70,000 leaves are those of the example of C2SP tlog-tiles', () => {
    const tiles = tilesBetween(0, 70_000)
    const count = (level: number, isFull: boolean) =>
      tiles.filter((tile) => tile.level === level && (tile.width === 256) === isFull).length
    expect([count(0, true), count(0, false), count(1, true), count(1, false)]).toEqual([273, 1, 1, 1])
    expect(edgeTiles(70_000).map(({ width }) => width)).toEqual([112, 17, 1])
    expect(edgeTiles(256)).toEqual([{ level: 1, index: 0, width: 1 }])
    expect(tilesBetween(70_000, 70_000)).toEqual([])
  })

  it('grow at the right edge to the tiles of the whole tree, however the leaves come', async () => {
    const leaves = leavesOf(1200)
    const expected = naiveTiles(leaves)
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 1199 }), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(cuts, async (places) => {
        const stored = new Map<string, FilledTile>()
        let size = 0
        for (const to of [...places.toSorted((a, b) => a - b), 1200]) {
          const edge = openEdge(
            size,
            edgeTiles(size).map(
              ({ level, index }) => stored.get(`${level}/${index}`)?.hashes ?? Buffer.alloc(0),
            ),
          )
          for (const leaf of leaves.slice(size, to)) edge.append(leaf)
          const grown = edge.takeTiles()
          expect(grown.map(placeOf).toSorted()).toEqual(tilesBetween(size, to).map(placeOf).toSorted())
          for (const tile of grown) stored.set(`${tile.level}/${tile.index}`, tile)
          size = to
          expect(Buffer.from(edge.root()).equals(naiveRoot(leaves.slice(0, to)))).toBe(true)
          expect(edge.takeTiles()).toEqual([])
        }
        for (const tile of stored.values())
          expect(Buffer.from(tile.hashes).equals(Buffer.from(await expected(tile)))).toBe(true)
      }),
      { numRuns: 10 },
    )
  })

  it('that are too short for the tree are no edge', () => {
    expect(() => openEdge(3, [Buffer.alloc(64)])).toThrow(RangeError)
    expect(() => openEdge(3, [])).toThrow(RangeError)
    expect(openEdge(0, []).size()).toBe(0)
  })
})

const placeOf = ({ level, index, width }: { level: number; index: number; width: number }): string =>
  `${level}/${index}/${width}`
