import {
  canonical,
  hashesOfTile,
  proveConsistency,
  proveInclusion,
  proveRange,
  readCheckpoint,
  readNote,
  TILE_WIDTH,
} from '@writ/audit'
import type { Hash, Tile, TileReader } from '@writ/audit'
import { tileReader } from '@writ/postgres'
import { PackImpossible, rowsIn } from './work.ts'
import type { PackPlan, PackWork } from './work.ts'

/** 8 KiB each. Proofs of neighbours are made of the same few tiles. */
const MOST_TILES = 256
const LINES_AT_ONCE = 200

export const hex = (hash: Uint8Array): string => Buffer.from(hash).toString('hex')

/** Tiles of the tenant's tree, each read in a transaction of its own; the newest are remembered. */
export function tilesOf(work: PackWork): TileReader {
  const known = new Map<string, Uint8Array>()
  return async (tile) => {
    const key = `${tile.level}/${tile.index}/${tile.width}`
    const bytes = known.get(key) ?? (await work.inTenant(({ manager }) => tileReader(manager)(tile)))
    known.delete(key)
    known.set(key, bytes)
    const [oldest] = known.keys()
    if (known.size > MOST_TILES && oldest !== undefined) known.delete(oldest)
    return bytes
  }
}

/** `leaf-hashes.bin`: from the tiles and not from the rows, so that both can be compared, leaf by leaf. */
export async function* leafHashes(
  work: PackWork,
  tiles: TileReader,
  { from, to, treeSize }: PackPlan,
): AsyncGenerator<Uint8Array> {
  for (let first = from - (from % TILE_WIDTH); first < to; first += TILE_WIDTH) {
    const tile: Tile = { level: 0, index: first / TILE_WIDTH, width: Math.min(TILE_WIDTH, treeSize - first) }
    const hashes = hashesOfTile(await tiles(tile), tile.width)
    yield Buffer.concat(hashes.slice(Math.max(0, from - first), to - first))
    await work.tell('hashes', Math.min(to, first + TILE_WIDTH) - from, to - from)
  }
}

/** `range-proof.json` */
export async function* rangeProof(
  tiles: TileReader,
  { from, to, treeSize }: PackPlan,
): AsyncGenerator<string> {
  const { left, right } = await proveRange(tiles, { from, to }, treeSize)
  yield canonical({ left: left.map(hex), right: right.map(hex) })
}

/** `proofs.jsonl`: how each row stands in the tree. */
export async function* inclusionProofs(
  work: PackWork,
  tiles: TileReader,
  plan: PackPlan,
): AsyncGenerator<string> {
  let lines: string[] = []
  let done = 0
  for (const leaf of plan.leaves?.values() ?? []) {
    const hashes = await proveInclusion(tiles, leaf, plan.treeSize)
    lines.push(`${canonical({ hashes: hashes.map(hex), leaf })}\n`)
    done += 1
    if (lines.length < LINES_AT_ONCE) continue
    yield lines.join('')
    lines = []
    await work.tell('proofs', done, rowsIn(plan))
  }
  yield lines.join('')
}

/** How the log grew since a pack before. `note` null: there was none of this log. */
export type Growth = {
  readonly note: string | null
  readonly size: number | null
  readonly hashes: readonly Hash[]
}

/** @throws PackImpossible when the log has become shorter than it was in a pack before */
export async function growthSince(
  tiles: TileReader,
  before: string | null,
  now: { readonly origin: string; readonly size: number },
): Promise<Growth> {
  const earlier = before === null ? null : readCheckpoint(readNote(before)?.text ?? '')
  // After a fork the log has another origin; what was before it is another log.
  if (earlier === null || earlier.origin !== now.origin) return { note: null, size: null, hashes: [] }
  if (earlier.size > now.size)
    throw new PackImpossible(
      `a pack before had ${earlier.size} leaves and the log has ${now.size} now: it was cut`,
    )
  return { note: before, size: earlier.size, hashes: await proveConsistency(tiles, earlier.size, now.size) }
}

/** `consistency.json` */
export const consistencyText = ({ note, hashes }: Growth): string =>
  canonical({ from: note, hashes: hashes.map(hex) })
