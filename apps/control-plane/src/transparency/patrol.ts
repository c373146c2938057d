import { EMPTY_ROOT, hashesOfTile, HASH_BYTES, perfectRoot, sameHash, TILE_WIDTH } from '@writ/audit'
import type { LeafRange } from '@writ/audit'
import type { TreeState, TreeStore } from '@writ/postgres'

/** How many tiles are compared at once, and which leaves may rightly be gone from the rows. */
export type Patrol = {
  readonly most: number
  readonly removed: (
    range: LeafRange,
  ) => Promise<readonly { readonly first: number; readonly last: number }[]>
}

/**
 * Compares the next sealed tiles of leaf hashes with the records below them, and with the tiles above them, and goes on behind them next time.
 * @returns what does not fit, by leaf index; the same tile is next then
 */
export async function patrolTiles(
  store: TreeStore,
  { epoch, size, patrolled }: TreeState,
  { most, removed }: Patrol,
  at: Date,
): Promise<string | null> {
  const tiles = Math.ceil(size / TILE_WIDTH)
  let index = patrolled < tiles ? patrolled : 0
  for (let count = Math.min(most, tiles); count > 0; count -= 1) {
    const place = { epoch, size, index }
    const fault = (await leavesFault(store, place, removed)) ?? (await aboveFault(store, place))
    if (fault !== null) {
      await store.patrolledTo(index, at)
      return fault
    }
    index = (index + 1) % tiles
  }
  await store.patrolledTo(index, at)
  return null
}

/** What does not fit in the last tile of leaf hashes where it is not full: a part of the edge of the tree, which no tile above holds. */
export async function lastTileFault(
  store: TreeStore,
  { epoch, size }: TreeState,
  removed: Patrol['removed'],
): Promise<string | null> {
  if (size % TILE_WIDTH === 0) return null
  return leavesFault(store, { epoch, size, index: Math.floor(size / TILE_WIDTH) }, removed)
}

type Place = { readonly epoch: number; readonly size: number; readonly index: number }

async function leavesFault(
  store: TreeStore,
  { epoch, size, index }: Place,
  removed: Patrol['removed'],
): Promise<string | null> {
  const from = index * TILE_WIDTH
  const to = Math.min(from + TILE_WIDTH, size)
  const bytes = await store.tiles(epoch)({ level: 0, index, width: to - from })
  if (bytes.length < (to - from) * HASH_BYTES) return `the hashes of the leaves from ${from} on are missing`
  const hashes = hashesOfTile(bytes, to - from)
  const rows = await store.leaves(from, to)
  const other = rows.find((row) => !sameHash(row.hash, hashes[row.index - from] ?? EMPTY_ROOT))
  if (other) return `leaf ${other.index} is not what was sealed`
  if (rows.length === hashes.length) return null
  const there = new Set(rows.map((row) => row.index))
  const gone = await removed({ from, to })
  const isGone = (leaf: number) => gone.some(({ first, last }) => first <= leaf && leaf <= last)
  const taken = hashes.findIndex((_, at) => !there.has(from + at) && !isGone(from + at))
  return taken === -1 ? null : `leaf ${from + taken} is missing in the ledger`
}

/** A full tile is one hash of the tile above it; the topmost are held against the checkpoint whenever it is sealed. */
async function aboveFault(store: TreeStore, { epoch, size, index }: Place): Promise<string | null> {
  let [level, at] = [0, index]
  while ((at + 1) * TILE_WIDTH ** (level + 1) <= size) {
    const below = await store.tiles(epoch)({ level, index: at, width: TILE_WIDTH })
    const above = await store.tiles(epoch)({ level: level + 1, index: Math.floor(at / TILE_WIDTH), width: 1 })
    const hash = above.subarray((at % TILE_WIDTH) * HASH_BYTES, ((at % TILE_WIDTH) + 1) * HASH_BYTES)
    if (below.length !== TILE_WIDTH * HASH_BYTES || !sameHash(perfectRoot(hashesOfTile(below)), hash))
      return `the tile of level ${level} over the leaves from ${at * TILE_WIDTH ** (level + 1)} on is not what was sealed`
    ;[level, at] = [level + 1, Math.floor(at / TILE_WIDTH)]
  }
  return null
}
