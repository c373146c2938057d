import { hashesOfTile, openEdge, sameHash, TILE_WIDTH } from '@writ/audit'
import type { Hash, TreeEdge, TreeHead } from '@writ/audit'
import type { CheckpointRow, TreeState, TreeStore } from '@writ/postgres'
import type { KnownHead } from './copies.ts'

const LEAVES_AT_ONCE = 4096
/** Leaves under one new checkpoint, unless somebody remembers a later one. */
const MOST_LEAVES = 65_536

/** A tree with leaves added. `last`: the hash of the last of them; null: none came. */
export type Grown = { readonly edge: TreeEdge; readonly last: Hash | null }

/** `fault`: what was sealed before and what is there now do not fit. */
export type Growth = Grown | { readonly fault: string }

/**
 * Adds the leaves that came to the tree that was sealed, and compares on the way with everything that anybody remembers of it: the last
 * checkpoint, and the heads that archives and witnesses keep. Equal roots at their sizes are a proof of consistency with them.
 */
export async function growTree(
  store: TreeStore,
  { state, latest }: { readonly state: TreeState; readonly latest: CheckpointRow | null },
  known: readonly KnownHead[],
): Promise<Growth> {
  const broken = known.find((head) => 'fault' in head)
  if (broken && 'fault' in broken) return broken
  const heads = known.flatMap((one) => ('head' in one ? [one] : []))
  const ahead = heads.find(({ head }) => head.size > state.leaves)
  if (ahead)
    return {
      fault: `behind: ${ahead.by} has a checkpoint of ${ahead.head.size} leaves, and the ledger has ${state.leaves}`,
    }
  const edge = await sealedEdge(store, state, latest)
  if ('fault' in edge) return edge
  const past = await pastFault(store, state, heads)
  if (past !== null) return { fault: past }
  return addLeaves(store, { state, edge, heads: heads.filter(({ head }) => head.size > state.size) })
}

/** The root of the tree when it had a size, from its tiles. */
export async function rootAt(store: TreeStore, epoch: number, size: number): Promise<Uint8Array> {
  return openEdge(size, await store.edge(epoch, size)).root()
}

async function sealedEdge(
  store: TreeStore,
  { epoch, size }: TreeState,
  latest: CheckpointRow | null,
): Promise<TreeEdge | { readonly fault: string }> {
  const sealed = latest?.epoch === epoch ? latest : null
  const leaves = Math.max(size, sealed?.size ?? 0)
  const altered = { fault: `altered: the tiles do not give the root of the checkpoint of ${leaves} leaves` }
  try {
    const edge = openEdge(size, await store.edge(epoch, size))
    return gives(edge, sealed) ? edge : altered
  } catch (error) {
    if (error instanceof RangeError) return altered
    throw error
  }
}

/** Whether a tree is that of the newest checkpoint of its epoch; an empty one where there is none. */
const gives = (edge: TreeEdge, sealed: CheckpointRow | null): boolean =>
  sealed === null ? edge.size() === 0 : edge.size() === sealed.size && sameHash(edge.root(), sealed.root)

type Named = { readonly by: string; readonly head: TreeHead }

async function pastFault(
  store: TreeStore,
  { epoch, size }: TreeState,
  heads: readonly Named[],
): Promise<string | null> {
  for (const { by, head } of heads.filter((one) => one.head.size <= size)) {
    if (!sameHash(await rootAt(store, epoch, head.size), head.root)) return forked(by, head.size)
  }
  return null
}

async function addLeaves(
  store: TreeStore,
  { state, edge, heads }: { state: TreeState; edge: TreeEdge; heads: readonly Named[] },
): Promise<Growth> {
  const wanted = Math.max(state.size + MOST_LEAVES, ...heads.map(({ head }) => head.size))
  const end = Math.min(state.leaves, wanted)
  let last: Hash | null = null
  while (edge.size() < end) {
    const [from, to] = [edge.size(), Math.min(end, edge.size() + LEAVES_AT_ONCE)]
    const rows = new Map((await store.leaves(from, to)).map((row) => [row.index, row.hash]))
    for (let leaf = from; leaf < to; leaf += 1) {
      const hash = rows.get(leaf) ?? (await hashOfEpochBefore(store, state.epoch, leaf))
      if (hash === null) return { fault: `altered: leaf ${leaf} is missing in the ledger` }
      edge.append(hash)
      last = hash
      const other = heads.find(({ head }) => head.size === edge.size() && !sameHash(edge.root(), head.root))
      if (other) return { fault: forked(other.by, edge.size()) }
    }
  }
  return { edge, last }
}

/** Whether the ledger still has what a tree was grown from: one that a replica took the place of has less, or something else by now. */
export async function isStillThere(
  store: TreeStore,
  { leaves }: TreeState,
  { edge, last }: Grown,
): Promise<boolean> {
  if (leaves < edge.size()) return false
  if (last === null) return true
  const [row] = await store.leaves(edge.size() - 1, edge.size())
  return row === undefined || sameHash(row.hash, last)
}

/** Of a record that retention removed the hash is left, in the tiles of the epoch in which it was sealed. */
async function hashOfEpochBefore(store: TreeStore, epoch: number, leaf: number): Promise<Uint8Array | null> {
  for (let before = epoch - 1; before >= 0; before -= 1) {
    const tile = { level: 0, index: Math.floor(leaf / TILE_WIDTH), width: 1 }
    const hash = hashesOfTile(await store.tiles(before)(tile))[leaf % TILE_WIDTH]
    if (hash !== undefined) return hash
  }
  return null
}

const forked = (by: string, size: number): string =>
  `forked: ${by} has another history of the first ${size} leaves than the ledger`
