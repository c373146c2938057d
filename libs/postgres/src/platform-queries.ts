import type { BundleChange, NodeId, StreamId } from '@writ/contracts'
import type { DataSource, EntityManager } from 'typeorm'
import { sourceOf } from './data-source.ts'
import type { Database } from './data-source.ts'
import type {
  ApiKeyRow,
  ArchivedWatermark,
  BundleHead,
  BundleVersion,
  DeviceRow,
  EndorsedNode,
  IndexStandingRow,
  NewNode,
  NodeRow,
  PackToWork,
  PendingChange,
  PlatformKey,
  Signer,
  TenantRow,
  UnsealedTenant,
  Watermark,
} from './platform-rows.ts'

/** What is asked before a tenant is known or over all tenants, and the tables that belong to no tenant. Nothing else crosses tenants. */
export class PlatformQueries {
  readonly #source: DataSource

  constructor(database: Database) {
    this.#source = sourceOf(database)
  }

  /** Not one that was deleted. */
  async tenantBySlug(slug: string): Promise<TenantRow | null> {
    return this.#first<TenantRow>(
      `select id, slug, name, default_group_id as "defaultGroupId", bundle_version as "bundleVersion",
              suspended_at is not null as "isSuspended"
         from app.tenant_by_slug($1)`,
      [slug],
    )
  }

  /** Only keys that are not revoked; whether one has expired is for whoever has the clock. */
  async apiKeyById(id: string): Promise<ApiKeyRow | null> {
    return this.#first<ApiKeyRow>(
      `select tenant_id as "tenantId", name, role, human_id as "humanId", made_by as "madeBy", secret_sha256 as "secretSha256",
              expires_at as "expiresAt", last_used_at as "lastUsedAt" from app.api_key_by_id($1)`,
      [id],
    )
  }

  /** The newest bundle of a tenant; null when there is no such tenant, or no bundle yet. */
  async bundleBySlug(slug: string): Promise<BundleHead | null> {
    return this.#first<BundleHead>(`select ${BUNDLE_HEAD} from app.bundle_by_slug($1)`, [slug])
  }

  /** Of every tenant that is not deleted, the number of its newest bundle, without the bundle. */
  async bundleVersions(): Promise<BundleVersion[]> {
    return this.#source.query('select tenant_id as "tenantId", slug, version from app.bundle_versions()')
  }

  /** Versions that are committed and not yet published, oldest first. */
  async pendingOutbox(limit: number): Promise<PendingChange[]> {
    return this.#source.query(
      `select seq::float8 as seq, tenant_id as "tenantId", slug as tenant, version from app.pending_outbox($1)`,
      [limit],
    )
  }

  async markPublished(seqs: readonly number[]): Promise<void> {
    await this.#source.query('select app.mark_published($1::bigint[])', [seqs])
  }

  /** The feed after `seq`, in order. What is visible is complete: no lower number appears later. */
  async changesAfter(seq: number, limit: number): Promise<BundleChange[]> {
    return this.#source.query(
      'select seq::float8 as seq, slug as tenant, version from app.changes_after($1, $2)',
      [seq, limit],
    )
  }

  /** `committed`: the newest number of the feed. `published`: everything up to it is marked published. 0 before the first. */
  async feedPosition(): Promise<{ readonly committed: number; readonly published: number }> {
    const [position] = await this.#source.query(
      'select committed::float8 as committed, published::float8 as published from app.feed_position()',
    )
    return position
  }

  /** How far Postgres holds these streams of one node; streams that it does not hold, or of other nodes, are left out. */
  async watermarksOf(node: NodeId, streams: readonly StreamId[]): Promise<Watermark[]> {
    return this.#source.query(
      'select stream, next_seq::float8 as "nextSeq" from app.stream_watermarks($1, $2)',
      [node, streams],
    )
  }

  async archivesOf(node: NodeId, streams: readonly StreamId[]): Promise<ArchivedWatermark[]> {
    return this.#source.query(
      `select stream, next_seq::float8 as "nextSeq", archived_seq::float8 as "archivedSeq" from app.stream_archives($1, $2)`,
      [node, streams],
    )
  }

  /** A gateway that joins again with the same public key keeps its id. @returns null for the key of a node of another kind */
  async joinNode(node: NewNode): Promise<NodeRow | null> {
    return this.#first<NodeRow>(
      `insert into writ.nodes (id, name, public_key, lease_key, origin, build) values ($1, $2, $3, $4, $5, $6)
         on conflict (public_key) do update set name = excluded.name, lease_key = excluded.lease_key,
           origin = excluded.origin, build = excluded.build, last_seen_at = now() where nodes.kind = 'gateway'
       returning ${NODE}`,
      [node.id, node.name, node.publicKey, JSON.stringify(node.leaseKey), node.origin, node.build],
    )
  }

  /** The control plane signs records too; it is no gateway, and may ask for nothing that gateways ask for. */
  async registerControlPlane(node: Pick<NewNode, 'id' | 'publicKey' | 'origin' | 'build'>): Promise<void> {
    await this.#source.query(
      `insert into writ.nodes (id, name, public_key, lease_key, origin, build, kind)
         values ($1, 'control-plane', $2, '{}', $3, $4, 'control-plane')
         on conflict (public_key) do update set origin = excluded.origin, last_seen_at = now()`,
      [node.id, node.publicKey, node.origin, node.build],
    )
  }

  async nodeById(id: string): Promise<NodeRow | null> {
    return this.#first<NodeRow>(`select ${NODE} from writ.nodes where id = $1 and kind = 'gateway'`, [id])
  }

  /** Null also for one that was revoked, and for one of another tenant than the slug names. */
  async deviceById(id: string, slug: string): Promise<DeviceRow | null> {
    return this.#first<DeviceRow>(
      `select ${NODE}, d.tenant_id as "tenantId", d.slug, d.agent_id as "agentId"
         from app.device_by_id($1, $2) d join writ.nodes using (id) where kind = 'device'`,
      [id, slug],
    )
  }

  /** @param streams what the ids of the control plane's streams begin with, before the tenant's id */
  async unsealedTenants(node: NodeId, streams: string, limit: number): Promise<UnsealedTenant[]> {
    return this.#source.query(
      `select tenant_id as "tenantId", slug, next_seq::float8 as "nextSeq", head_hash as "headHash"
         from app.unsealed_tenants($1, $2, $3)`,
      [node, streams, limit],
    )
  }

  /** Tenants that have as many records as they may have, or no longer, and whose bundle does not say so yet. */
  async unsettledRecords(limit: number): Promise<Pick<TenantRow, 'id' | 'slug'>[]> {
    return this.#source.query('select tenant_id as id, slug from app.unsettled_records($1)', [limit])
  }

  /** Tenants whose records are to be looked through for those that are older than their retention. */
  async retentionDue(now: Date, limit: number): Promise<Pick<TenantRow, 'id' | 'slug'>[]> {
    return this.#source.query('select tenant_id as id, slug from app.retention_due($1, $2)', [now, limit])
  }

  /** Makes the partitions of the months to come, and drops those of months of which nothing is kept. */
  async tendPartitions(): Promise<void> {
    await this.#source.query('select app.prepare_partitions()')
    await this.#source.query('select app.drop_empty_partitions()')
  }

  /** Tenants with records that may have become old enough to be looked at together. */
  async unreconciledTenants(now: Date, limit: number): Promise<Pick<TenantRow, 'id' | 'slug'>[]> {
    return this.#source.query('select tenant_id as id, slug from app.unreconciled_tenants($1, $2)', [
      now,
      limit,
    ])
  }

  /** Tenants of which a stream fell silent before its records arrived, or of which lost ones arrived after all. */
  async silentStreams(seconds: number, limit: number): Promise<Pick<TenantRow, 'id' | 'slug'>[]> {
    return this.#source.query(
      'select tenant_id as id, slug from app.silent_streams(now() - make_interval(secs => $1), $2)',
      [seconds, limit],
    )
  }

  /** Tenants whose logs have not been looked through for decisions that nobody ended, or that wait for the end of some. */
  async unreapedTenants(limit: number): Promise<Pick<TenantRow, 'id' | 'slug'>[]> {
    return this.#source.query('select tenant_id as id, slug from app.unreaped_tenants($1)', [limit])
  }

  /** Tenants whose log has leaves without a checkpoint, has none that is younger, or was stopped: longest unsealed first. */
  async unsealedLogs(sealedBefore: Date, limit: number): Promise<Pick<TenantRow, 'id' | 'slug'>[]> {
    return this.#source.query('select tenant_id as id, slug from app.unsealed_logs($1, $2)', [
      sealedBefore,
      limit,
    ])
  }

  /** Tenants whose sealed tiles were compared with their records longest ago. */
  async unpatrolledLogs(limit: number): Promise<Pick<TenantRow, 'id' | 'slug'>[]> {
    return this.#source.query('select tenant_id as id, slug from app.unpatrolled_logs($1)', [limit])
  }

  /** How the log of every tenant stands, also of those that were deleted. */
  async indexStanding(): Promise<IndexStandingRow[]> {
    return this.#source.query(
      `select tenant_id as tenant, size::float8 as size, removed::float8 as removed, is_deleted as "isDeleted" from app.index_standing()`,
    )
  }

  /** How many logs are not sealed any more because something does not fit. */
  async stoppedLogs(): Promise<number> {
    const row = await this.#first<{ count: number }>('select app.stopped_logs()::float8 as count', [])
    return row?.count ?? 0
  }

  /** One transaction of no tenant: it sees the global log, and no row of any tenant. */
  async global<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.#source.transaction(work)
  }

  /** Packs that nobody makes now, one of each tenant, and those whose file is over; by the clock of the database unless it is said when. */
  async packsToWork(limit: number, at: Date | null = null): Promise<PackToWork[]> {
    return this.#source.query(
      'select tenant_id as "tenantId", slug, pack_id as id, is_over as "isOver" from app.packs_to_work(coalesce($1, now()), $2)',
      [at, limit],
    )
  }

  /** The key that a node signs with; null when no such node joined. */
  async nodeKeyOf(id: NodeId): Promise<string | null> {
    return (await this.signerOf(id))?.publicKey ?? null
  }

  /** Who signs as that node, and what it is; null when no such node joined. */
  async signerOf(id: NodeId): Promise<Signer | null> {
    return this.#first<Signer>('select public_key as "publicKey", kind from writ.nodes where id = $1', [id])
  }

  async nodes(): Promise<NodeRow[]> {
    return this.#source.query(`select ${NODE} from writ.nodes where kind = 'gateway' order by id`)
  }

  async endorseNode(id: NodeId, endorsement: string): Promise<void> {
    await this.#source.query('update writ.nodes set endorsement = $2 where id = $1', [id, endorsement])
  }

  /** The key by which nodes are endorsed from now on, and with it all that there are. Whoever comes second changes nothing. */
  async beginEndorsing(key: PlatformKey, endorse: (node: EndorsedNode) => string): Promise<void> {
    await this.#source.transaction(async (manager) => {
      const added: unknown[] = await manager.query(`${ADD_ONLY_KEY} returning kid`, keyValues(key))
      if (added.length === 0) return
      const nodes: EndorsedNode[] = await manager.query(
        `select id, kind, public_key as "publicKey", lease_key as "leaseKey", tenant_id as "tenantId", agent_id as "agentId"
           from app.nodes_to_endorse()`,
      )
      await manager.query(
        `update writ.nodes n set endorsement = e.endorsement
           from unnest($1::text[], $2::text[]) as e (id, endorsement) where n.id = e.id`,
        [nodes.map(({ id }) => id), nodes.map(endorse)],
      )
    })
  }

  async nodeSeen(id: NodeId): Promise<void> {
    await this.#source.query('update writ.nodes set last_seen_at = now() where id = $1', [id])
  }

  async platformKeys(purpose: string): Promise<PlatformKey[]> {
    return this.#source.query(
      `select kid, purpose, public_key as "publicKey", sealed_private as "sealedPrivate", use_after as "useAfter" from writ.platform_keys
        where purpose = $1 order by created_at, kid`,
      [purpose],
    )
  }

  /** Two processes that start at once may both add one; every key of a purpose counts. */
  async addPlatformKey(key: PlatformKey): Promise<void> {
    await this.#source.query(
      `insert into writ.platform_keys (kid, purpose, public_key, sealed_private, use_after)
         values ($1, $2, $3, $4, coalesce($5, now()))`,
      [key.kid, key.purpose, key.publicKey, key.sealedPrivate, key.useAfter ?? null],
    )
  }

  /** For a purpose that has one key for ever: whoever comes second changes nothing. */
  async addOnlyPlatformKey(key: PlatformKey): Promise<void> {
    await this.#source.query(ADD_ONLY_KEY, keyValues(key))
  }

  async #first<Row>(sql: string, values: readonly unknown[]): Promise<Row | null> {
    const rows: Row[] = await this.#source.query(sql, [...values])
    return rows[0] ?? null
  }
}

const BUNDLE_HEAD = 'tenant_id as "tenantId", slug, version, signed'
const NODE = `id, name, public_key as "publicKey", lease_key as "leaseKey", origin, build,
  joined_at as "joinedAt", last_seen_at as "lastSeenAt", endorsement`
const ADD_ONLY_KEY = `insert into writ.platform_keys (kid, purpose, public_key, sealed_private) values ($1, $2, $3, $4)
  on conflict do nothing`
const keyValues = ({ kid, purpose, publicKey, sealedPrivate }: PlatformKey) => [
  kid,
  purpose,
  publicKey,
  sealedPrivate,
]
