import type { Hash } from './hashes.ts'
import { HASH_BYTES } from './hashes.ts'
import type { Subtree } from './subtrees.ts'
import { perfectRoot } from './subtrees.ts'

/** Hashes in a full tile: a subtree of height 8 (C2SP tlog-tiles). */
export const TILE_WIDTH = 256
const TILE_HEIGHT = 8

/** `width` hashes (1 to 256) of tree level `8 * level`, from place `256 * index` on. */
export type Tile = { readonly level: number; readonly index: number; readonly width: number }

/** Where tiles come from. It may answer with more hashes than were asked for: a tile only grows to the right. */
export type TileReader = (tile: Tile) => Promise<Uint8Array>

/** How many hashes of a level the tree of a size has in all, in its full tiles and its partial one. */
export const hashesAtLevel = (level: number, size: number): number => Math.floor(size / TILE_WIDTH ** level)

/** Every tile of the tree of a size that the tree of a smaller size did not have, or had narrower. */
export function tilesBetween(oldSize: number, size: number): Tile[] {
  const found: Tile[] = []
  for (let level = 0; hashesAtLevel(level, size) > 0; level += 1) {
    const [had, has] = [hashesAtLevel(level, oldSize), hashesAtLevel(level, size)]
    for (let index = Math.floor(had / TILE_WIDTH); index * TILE_WIDTH < has; index += 1) {
      const tile = { level, index, width: Math.min(TILE_WIDTH, has - index * TILE_WIDTH) }
      if (index * TILE_WIDTH + tile.width > had) found.push(tile)
    }
  }
  return found
}

/** The partial tiles of a tree, each at its level; a level whose tiles are all full has none. */
export function edgeTiles(size: number): Tile[] {
  const found: Tile[] = []
  for (let level = 0; hashesAtLevel(level, size) > 0; level += 1) {
    const width = hashesAtLevel(level, size) % TILE_WIDTH
    if (width > 0) found.push({ level, index: Math.floor(hashesAtLevel(level, size) / TILE_WIDTH), width })
  }
  return found
}

/** The tile that a subtree's hash is computed from, as the tree of that size has it, and where in it the subtree begins and ends. */
export function tileOf(subtree: Subtree, size: number): { tile: Tile; first: number; end: number } {
  const level = Math.floor(subtree.level / TILE_HEIGHT)
  const span = 2 ** (subtree.level % TILE_HEIGHT)
  const place = subtree.index * span
  const index = Math.floor(place / TILE_WIDTH)
  const first = place % TILE_WIDTH
  const width = Math.min(TILE_WIDTH, hashesAtLevel(level, size) - index * TILE_WIDTH)
  return { tile: { level, index, width }, first, end: first + span }
}

/** The hashes of a tile. @throws RangeError when they are fewer than `width` */
export function hashesOfTile(bytes: Uint8Array, width = bytes.length / HASH_BYTES): Hash[] {
  if (!Number.isInteger(width) || bytes.length < width * HASH_BYTES)
    throw new RangeError('the tile is shorter than the tree needs it')
  return Array.from({ length: width }, (_, at) => bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES))
}

/** Reads the hashes of subtrees of the tree of a size, each tile once. */
export async function readSubtrees(
  read: TileReader,
  size: number,
  subtrees: readonly Subtree[],
): Promise<Hash[]> {
  const asked = new Map<string, Promise<Hash[]>>()
  return Promise.all(
    subtrees.map(async (subtree) => {
      const { tile, first, end } = tileOf(subtree, size)
      const key = `${tile.level}/${tile.index}`
      const reading = asked.get(key) ?? read(tile).then((bytes) => hashesOfTile(bytes, tile.width))
      asked.set(key, reading)
      return perfectRoot((await reading).slice(first, end))
    }),
  )
}

/** `tile/<level>/<index>[.p/<width>]`, the index in groups of three digits (C2SP tlog-tiles). */
export const tilePath = ({ level, index, width }: Tile): string =>
  `tile/${level}/${indexPath(index)}${width === TILE_WIDTH ? '' : `.p/${width}`}`

/** Null for what is no path of a tile, also for one that names it in another way than `tilePath` does. */
export function readTilePath(path: string): Tile | null {
  const [, level, index, width] = PATH.exec(path) ?? []
  if (level === undefined || index === undefined) return null
  const tile = {
    level: Number(level),
    index: Number(index.replaceAll(/\D/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  }
  const isTile =
    tile.level <= 63 && Number.isSafeInteger(tile.index) && tile.width >= 1 && tile.width <= TILE_WIDTH
  return isTile && tilePath(tile) === path ? tile : null
}

const PATH = /^tile\/(\d{1,2})\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/(\d{1,3}))?$/

function indexPath(index: number): string {
  const digits = String(index)
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? []
  return groups.map((group, at) => (at === groups.length - 1 ? group : `x${group}`)).join('/')
}
