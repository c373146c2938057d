import { Injectable } from '@nestjs/common'
import {
  hashesAtLevel,
  hashesOfTile,
  HASH_BYTES,
  proveConsistency,
  proveInclusion,
  TILE_WIDTH,
  writeTlogProof,
} from '@writ/audit'
import type { Hash, Tile } from '@writ/audit'
import type {
  CheckpointQuery,
  CheckpointView,
  ConsistencyProof,
  ConsistencyQuery,
  GlobalProof,
  InclusionProof,
  InclusionQuery,
  LogView,
} from '@writ/contracts'
import { checkpointsOf, globalLeaf, latestTrust, PlatformQueries, treeStoreOf } from '@writ/postgres'
import type { CheckpointRow, TreeState, TreeStore } from '@writ/postgres'
import { conflict, notFound } from '../http/problem.ts'
import type { Page } from '../http/page.ts'
import { Settings } from '../settings.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { rootAt } from './growth.ts'
import { blindOf, originOf } from './log-sealing.ts'
import { leafOfReceipt } from './receipts.ts'

/** A log that has a checkpoint in its epoch. */
type SealedLog = { readonly store: TreeStore; readonly state: TreeState; readonly latest: CheckpointRow }

/** Reads the tenant's tree; nothing here writes. */
@Injectable()
export class AuditService {
  constructor(
    private readonly settings: Settings,
    private readonly platform: PlatformQueries,
  ) {}

  async log({ manager, tenant }: TenantDb): Promise<LogView> {
    const store = treeStoreOf(manager, 'tenant')
    const state = await store.state()
    if (state === null) throw nothingSealed()
    const latest = await store.latest()
    return {
      origin: originOf(this.settings.logOrigin, state),
      epoch: state.epoch,
      leaves: state.leaves,
      sealedAt: state.sealedAt?.toISOString() ?? null,
      archivedSize: state.archivedSize,
      stopped: state.stopped,
      globalName: blindOf(state.salt, tenant.id),
      forks: (await store.forks()).map(({ at, ...fork }) => ({ ...fork, at: at.toISOString() })),
      checkpoint: latest && viewOf(latest),
    }
  }

  async checkpoints({ manager }: TenantDb, { after, limit }: CheckpointQuery): Promise<Page<CheckpointView>> {
    const rows = await checkpointsOf(manager, { before: after, limit: limit + 1 })
    const shown = rows.slice(0, limit)
    return { items: shown.map(viewOf), next: rows.length > limit ? String(shown.at(-1)?.seq) : null }
  }

  /** @throws 404 for what the tree of the newest checkpoint does not have */
  async tile({ manager }: TenantDb, tile: Tile): Promise<Uint8Array> {
    const { store, state, latest } = await sealedLog(manager)
    const end = tile.index * TILE_WIDTH + tile.width
    if (end > hashesAtLevel(tile.level, latest.size)) throw notFound()
    return (await store.tiles(state.epoch)(tile)).subarray(0, tile.width * HASH_BYTES)
  }

  /** @throws 404 for a record that no checkpoint covers yet, 409 where another record stands in the place that a receipt names */
  async inclusion({ manager }: TenantDb, query: InclusionQuery): Promise<InclusionProof> {
    const log = await sealedLog(manager)
    const { store, state, latest } = log
    const size = sizeIn(log, query.size)
    const leaf = query.leaf ?? (await leafOfReceipt(manager, query))
    if (leaf === 'another') throw conflict('another record stands in that place of the stream')
    if (leaf === null || leaf >= size) throw notFound()
    const read = store.tiles(state.epoch)
    const hashes = await proveInclusion(read, leaf, size)
    const index = Math.floor(leaf / TILE_WIDTH)
    const tile = hashesOfTile(await read({ level: 0, index, width: TILE_WIDTH }))
    const leafHash = tile[leaf % TILE_WIDTH]
    if (leafHash === undefined) throw notFound()
    const tlogProof =
      size === latest.size ? writeTlogProof({ index: leaf, proof: hashes, note: latest.note }) : null
    const root = await rootAt(store, state.epoch, size)
    return { leaf, size, root: hex(root), leafHash: hex(leafHash), hashes: hashes.map(hex), tlogProof }
  }

  async consistency({ manager }: TenantDb, query: ConsistencyQuery): Promise<ConsistencyProof> {
    return query.log === 'global'
      ? this.platform.global(async (all) => consistencyIn(await sealedLog(all, 'global'), query))
      : consistencyIn(await sealedLog(manager), query)
  }

  /** @throws 404 before the global log covers a checkpoint of the tenant */
  async global({ manager }: TenantDb): Promise<GlobalProof> {
    return this.platform.global(async (all) => {
      const log = await sealedLog(all, 'global')
      const { store, state, latest } = log
      const leaf = await coveredLeaf(manager, latest.size)
      const bytes = leaf === null ? null : await globalLeaf(all, leaf)
      if (leaf === null || bytes === null) throw notFound()
      const hashes = await proveInclusion(store.tiles(state.epoch), leaf, latest.size)
      const { size, note } = latest
      return {
        leaf,
        bytes: bytes.toString('utf8'),
        hashes: hashes.map(hex),
        size,
        root: hex(latest.root),
        note,
      }
    })
  }

  async trust({ manager }: TenantDb): Promise<string> {
    const trust = await latestTrust(manager)
    if (trust === null) throw nothingSealed()
    return trust.file
  }
}

const hex = (hash: Hash): string => Buffer.from(hash).toString('hex')

const viewOf = ({ root, at, globalIndex, ...row }: CheckpointRow): CheckpointView => ({
  ...row,
  root: hex(root),
  at: at.toISOString(),
  globalLeaf: globalIndex,
})

const nothingSealed = () => notFound()

async function sealedLog(
  manager: TenantDb['manager'],
  kind: 'tenant' | 'global' = 'tenant',
): Promise<SealedLog> {
  const store = treeStoreOf(manager, kind)
  const [state, latest] = [await store.state(), await store.latest()]
  if (state === null || latest === null || latest.epoch !== state.epoch) throw nothingSealed()
  return { store, state, latest }
}

async function consistencyIn(log: SealedLog, query: ConsistencyQuery): Promise<ConsistencyProof> {
  const { store, state } = log
  const to = sizeIn(log, query.to)
  if (query.from > to) throw notFound()
  return {
    from: query.from,
    to,
    fromRoot: hex(await rootAt(store, state.epoch, query.from)),
    toRoot: hex(await rootAt(store, state.epoch, to)),
    hashes: (await proveConsistency(store.tiles(state.epoch), query.from, to)).map(hex),
  }
}

/** Of sizes beyond the newest checkpoint nothing is said: they are not sealed. */
function sizeIn({ latest }: SealedLog, asked: number | undefined): number {
  if (asked !== undefined && asked > latest.size) throw notFound()
  return asked ?? latest.size
}

/** The newest checkpoint of the tenant that the global log's newest checkpoint covers. */
async function coveredLeaf(manager: TenantDb['manager'], size: number): Promise<number | null> {
  const rows: { leaf: number }[] = await manager.query(
    `select global_index::float8 as leaf from writ.checkpoints where tenant_id = app.tid() and global_index < $1
      order by seq desc limit 1`,
    [size],
  )
  return rows[0]?.leaf ?? null
}
