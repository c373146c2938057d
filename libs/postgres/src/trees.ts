import { edgeTiles, HASH_BYTES } from '@writ/audit'
import type { FilledTile, Tile, TileReader } from '@writ/audit'
import type { EntityManager } from 'typeorm'

/** Which tree: that over the records of the tenant whose transaction it is, or the one over the checkpoints of all tenants. */
export type TreeKind = 'tenant' | 'global'

/** Where a log stands. `leaves`: how many there are; `size`: how many the newest checkpoint covers. */
export type TreeState = {
  readonly logId: string
  readonly salt: Buffer
  readonly epoch: number
  readonly size: number
  readonly leaves: number
  /** checkpoints that were signed so far, over all epochs */
  readonly checkpoints: number
  readonly sealedAt: Date | null
  readonly archivedSize: number
  /** the level-0 tile that is compared with its leaves next */
  readonly patrolled: number
  /** why nothing is sealed any more; null: it is */
  readonly stopped: string | null
  readonly stoppedAt: Date | null
}

export type CheckpointRow = {
  readonly seq: number
  readonly epoch: number
  readonly origin: string
  readonly size: number
  readonly root: Buffer
  readonly note: string
  readonly at: Date
  /** leaf of the global log that says so */
  readonly globalIndex: number | null
}
export type NewCheckpoint = CheckpointRow

/** Says, signed, that the epoch before this one ended, and why. */
export type ForkRow = { readonly epoch: number; readonly notice: string; readonly at: Date }

export type LeafRow = { readonly index: number; readonly hash: Buffer }

/** The rows of one tree. */
export type TreeStore = {
  readonly begin: (log: { readonly logId: string; readonly salt: Uint8Array }) => Promise<void>
  /** @param lock whoever else wants to change it waits until this transaction ends */
  readonly state: (lock?: 'lock') => Promise<TreeState | null>
  /** hashes of the leaves from `from` to before `to`, in order; those that are no longer there are left out */
  readonly leaves: (from: number, to: number) => Promise<LeafRow[]>
  readonly tiles: (epoch: number) => TileReader
  /** the partial tiles of the tree of a size, as `openEdge` takes them */
  readonly edge: (epoch: number, size: number) => Promise<Uint8Array[]>
  readonly keep: (tiles: readonly FilledTile[], checkpoint: NewCheckpoint) => Promise<void>
  readonly latest: () => Promise<CheckpointRow | null>
  readonly note: (seq: number, note: string) => Promise<void>
  /** Nothing where the log is in another epoch by now, as below. */
  readonly archived: (epoch: number, size: number) => Promise<void>
  readonly patrolledTo: (tile: number, at: Date) => Promise<void>
  readonly stop: (epoch: number, why: string | null, at: Date) => Promise<void>
  /** the oldest first */
  readonly forks: () => Promise<ForkRow[]>
  /** Begins the epoch of the fork, over all leaves that there are. */
  readonly nextEpoch: (fork: ForkRow) => Promise<void>
}

export function treeStoreOf(manager: EntityManager, kind: TreeKind): TreeStore {
  const names = NAMES[kind]
  const change = async (set: string, values: readonly unknown[]): Promise<void> => {
    await manager.query(`update writ.${names.tree} set ${set} where ${names.own}`, [...values])
  }
  const changeIn = async (epoch: number, set: string, values: readonly unknown[]): Promise<void> => {
    await manager.query(`update writ.${names.tree} set ${set} where ${names.own} and epoch = $1`, [
      epoch,
      ...values,
    ])
  }
  return {
    ...readsOf(manager, names),
    begin: async ({ logId, salt }) => {
      await manager.query(
        `insert into writ.${names.tree} (${names.column} log_id, salt) values (${names.value} $1, $2) on conflict do nothing`,
        [logId, salt],
      )
    },
    keep: async (grown, checkpoint) => {
      if (grown.length > 0) await keepTiles(manager, kind, { epoch: checkpoint.epoch, grown })
      await keepCheckpoint(manager, kind, checkpoint)
    },
    note: async (seq, note) => {
      await manager.query(`update writ.${names.checkpoints} set note = $2 where ${names.own} and seq = $1`, [
        seq,
        note,
      ])
    },
    archived: (epoch, size) => changeIn(epoch, 'archived_size = greatest(archived_size, $2)', [size]),
    patrolledTo: (tile, at) => change('patrolled = $1, patrolled_at = $2', [tile, at]),
    stop: (epoch, why, at) =>
      changeIn(
        epoch,
        'stopped = $2, stopped_at = case when $2::text is null then null else $3::timestamptz end',
        [why, at],
      ),
    nextEpoch: async ({ epoch, notice, at }) => {
      await manager.query(
        `insert into writ.${names.forks} (${names.column} epoch, notice, at) values (${names.value} $1, $2, $3)`,
        [epoch, notice, at],
      )
      await change(
        'epoch = $1, size = 0, archived_size = 0, patrolled = 0, stopped = null, stopped_at = null',
        [epoch],
      )
    },
  }
}

type Reads = Pick<TreeStore, 'state' | 'leaves' | 'tiles' | 'edge' | 'latest' | 'forks'>

function readsOf(manager: EntityManager, { tiles, checkpoints, forks, own, ...names }: Names): Reads {
  const readTile = async (
    epoch: number,
    { level, index }: Pick<Tile, 'level' | 'index'>,
  ): Promise<Buffer> => {
    const rows: { hashes: Buffer }[] = await manager.query(
      `select hashes from writ.${tiles} where ${own} and epoch = $1 and level = $2 and index = $3`,
      [epoch, level, index],
    )
    return rows[0]?.hashes ?? Buffer.alloc(0)
  }
  return {
    state: (lock) => first(manager.query(`${names.state} ${lock ? 'for update of t' : ''}`)),
    leaves: (from, to) => manager.query(names.leaves, [from, to]),
    tiles: (epoch) => (tile) => readTile(epoch, tile),
    edge: (epoch, size) =>
      Promise.all(
        edgeTiles(size).map(async (tile) =>
          (await readTile(epoch, tile)).subarray(0, tile.width * HASH_BYTES),
        ),
      ),
    latest: () => first(manager.query(`${selectOf(checkpoints)} where ${own} order by seq desc limit 1`)),
    forks: () => manager.query(`select epoch, notice, at from writ.${forks} where ${own} order by epoch`),
  }
}

/** The tiles of the tenant's tree as it is now, for proofs. */
export function tileReader(manager: EntityManager): TileReader {
  return async ({ level, index }) => {
    const rows: { hashes: Buffer }[] = await manager.query(
      `select t.hashes from writ.log_tiles t join writ.tenant_trees s using (tenant_id, epoch)
        where t.tenant_id = app.tid() and t.level = $1 and t.index = $2`,
      [level, index],
    )
    return rows[0]?.hashes ?? Buffer.alloc(0)
  }
}

/** The tenant's newest checkpoint; null before the first. */
export const latestCheckpoint = (manager: EntityManager): Promise<CheckpointRow | null> =>
  treeStoreOf(manager, 'tenant').latest()

/** Checkpoints of the tenant, the newest first; `before`: only those numbered lower. */
export const checkpointsOf = (
  manager: EntityManager,
  { before, limit }: { readonly before?: number | undefined; readonly limit: number },
): Promise<CheckpointRow[]> =>
  manager.query(
    `${selectOf('checkpoints')} where tenant_id = app.tid() and seq < $1 order by seq desc limit $2`,
    [before ?? Number.MAX_SAFE_INTEGER, limit],
  )

/** How many leaves are under a checkpoint that was signed, and copied to every archive that there is. */
export async function archivedSize(manager: EntityManager): Promise<number> {
  const rows: { size: number }[] = await manager.query(
    'select archived_size::float8 as size from writ.tenant_trees where tenant_id = app.tid()',
  )
  return rows[0]?.size ?? 0
}

type Names = {
  readonly tree: string
  readonly tiles: string
  readonly checkpoints: string
  readonly forks: string
  readonly own: string
  readonly column: string
  readonly value: string
  readonly state: string
  readonly leaves: string
}

const STATE = `t.log_id as "logId", t.salt, t.epoch, t.size::float8 as size, t.checkpoints::float8 as checkpoints,
  t.sealed_at as "sealedAt", t.archived_size::float8 as "archivedSize", t.patrolled::float8 as patrolled,
  t.stopped, t.stopped_at as "stoppedAt"`

// The hash of a leaf is made where the bytes are: 32 bytes travel, and not the record.
const NAMES: Readonly<Record<TreeKind, Names>> = {
  tenant: {
    tree: 'tenant_trees',
    tiles: 'log_tiles',
    checkpoints: 'checkpoints',
    forks: 'log_forks',
    own: 'tenant_id = app.tid()',
    column: 'tenant_id,',
    value: 'app.tid(),',
    state: `select ${STATE}, coalesce((select size from writ.tenant_logs where tenant_id = app.tid()), 0)::float8 as leaves
      from writ.tenant_trees t where t.tenant_id = app.tid()`,
    leaves: `select leaf_index::float8 as index, sha256('\\x00'::bytea || bytes) as hash from writ.records
      where tenant_id = app.tid() and leaf_index >= $1 and leaf_index < $2 order by leaf_index`,
  },
  global: {
    tree: 'global_trees',
    tiles: 'global_tiles',
    checkpoints: 'global_checkpoints',
    forks: 'global_forks',
    own: 'true',
    column: '',
    value: '',
    state: `select ${STATE}, t.leaves::float8 as leaves from writ.global_trees t`,
    leaves: `select leaf_index::float8 as index, sha256('\\x00'::bytea || bytes) as hash from writ.global_leaves
      where leaf_index >= $1 and leaf_index < $2 order by leaf_index`,
  },
}

const selectOf = (checkpoints: string): string =>
  `select seq::float8 as seq, epoch, origin, size::float8 as size, root, note, at, global_index::float8 as "globalIndex"
     from writ.${checkpoints}`

async function first<Row>(rows: Promise<Row[]>): Promise<Row | null> {
  return (await rows)[0] ?? null
}

async function keepTiles(
  manager: EntityManager,
  kind: TreeKind,
  { epoch, grown }: { readonly epoch: number; readonly grown: readonly FilledTile[] },
): Promise<void> {
  const { tiles, column, value } = NAMES[kind]
  await manager.query(
    `insert into writ.${tiles} as old (${column} epoch, level, index, hashes)
       select ${value} $1, level, index, hashes from unnest($2::smallint[], $3::bigint[], $4::bytea[]) as new (level, index, hashes)
     on conflict (${column} epoch, level, index) do update set hashes = excluded.hashes where old.hashes <> excluded.hashes`,
    [
      epoch,
      grown.map(({ level }) => level),
      grown.map(({ index }) => index),
      grown.map(({ hashes }) => Buffer.from(hashes)),
    ],
  )
}

async function keepCheckpoint(
  manager: EntityManager,
  kind: TreeKind,
  { seq, epoch, origin, size, root, note, at, globalIndex }: NewCheckpoint,
): Promise<void> {
  const { tree, checkpoints, own, column, value } = NAMES[kind]
  await manager.query(
    `insert into writ.${checkpoints} (${column} seq, epoch, origin, size, root, note, at, global_index)
       values (${value} $1, $2, $3, $4, $5, $6, $7, $8)`,
    [seq, epoch, origin, size, root, note, at, globalIndex],
  )
  await manager.query(
    `update writ.${tree} set size = $1, checkpoints = $2, sealed_at = $3, stopped = null, stopped_at = null where ${own}`,
    [size, seq, at],
  )
}
