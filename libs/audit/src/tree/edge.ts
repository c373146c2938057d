import type { Hash } from './hashes.ts'
import { EMPTY_ROOT } from './hashes.ts'
import { foldSubtrees, perfectRoot, subtreesOf } from './subtrees.ts'
import type { Tile } from './tiles.ts'
import { edgeTiles, hashesOfTile, TILE_WIDTH } from './tiles.ts'

/** A tile with its bytes. */
export type FilledTile = Tile & { readonly hashes: Uint8Array }

/** The right edge of a tiled tree: what leaves are added to. */
export type TreeEdge = {
  readonly size: () => number
  readonly root: () => Hash
  readonly append: (leaf: Hash) => void
  /** The tiles that were filled or widened since the last taking: full ones first. */
  readonly takeTiles: () => FilledTile[]
}

/** @param partial the bytes of the tiles that `edgeTiles(size)` names, in that order. @throws RangeError when one is too short */
export function openEdge(size: number, partial: readonly Uint8Array[]): TreeEdge {
  const rows = openRows(size, partial)
  const full: FilledTile[] = []
  const widened = new Set<number>()
  let leaves = size
  const put = (level: number, hash: Hash): void => {
    const row = (rows[level] ??= { index: 0, hashes: [] })
    row.hashes.push(hash)
    widened.add(level)
    if (row.hashes.length < TILE_WIDTH) return
    full.push(filled(level, row))
    rows[level] = { index: row.index + 1, hashes: [] }
    put(level + 1, perfectRoot(row.hashes))
  }
  return {
    size: () => leaves,
    root: () => rootOf(rows),
    append: (leaf) => {
      put(0, leaf)
      leaves += 1
    },
    takeTiles: () => {
      const partials = [...widened].flatMap((level) => {
        const row = rows[level]
        return row === undefined || row.hashes.length === 0 ? [] : [filled(level, row)]
      })
      widened.clear()
      return [...full.splice(0), ...partials]
    },
  }
}

type Row = { readonly index: number; readonly hashes: Hash[] }

function openRows(size: number, partial: readonly Uint8Array[]): Row[] {
  const tiles = edgeTiles(size)
  const rows: Row[] = []
  for (let level = 0; size >= TILE_WIDTH ** level; level += 1) {
    const at = tiles.findIndex((tile) => tile.level === level)
    const [tile, bytes] = [tiles[at], partial[at]]
    if (tile !== undefined && bytes === undefined) throw new RangeError('the edge of the tree is not whole')
    const index = Math.floor(size / TILE_WIDTH ** (level + 1))
    rows.push({ index, hashes: tile && bytes ? hashesOfTile(bytes, tile.width) : [] })
  }
  return rows
}

const filled = (level: number, { index, hashes }: Row): FilledTile => ({
  level,
  index,
  width: hashes.length,
  hashes: Buffer.concat(hashes),
})

/** Above a partial tile stands at most another one, so the subtrees of the rows, the highest row first, are those of the tree. */
function rootOf(rows: readonly Row[]): Hash {
  const parts = rows
    .toReversed()
    .flatMap(({ hashes }) =>
      subtreesOf({ from: 0, to: hashes.length }).map(({ level, index }) =>
        perfectRoot(hashes.slice(index * 2 ** level, (index + 1) * 2 ** level)),
      ),
    )
  return parts.length === 0 ? EMPTY_ROOT : foldSubtrees(parts)
}
