import { Injectable } from '@nestjs/common'
import { BATCH_LIMITS, batchesOf, extendStream, sealRecord, signBatch, signHead } from '@writ/audit'
import type { RecordFields, StreamPosition } from '@writ/audit'
import type { Administration, DecisionId, StreamBatch, TenantId } from '@writ/contracts'
import { PlatformQueries, recordHead } from '@writ/postgres'
import type { UnsealedTenant } from '@writ/postgres'
import { Clock } from '../clock.ts'
import { RecordTransport } from '../nodes/record-transport.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import type { FoundEvent, PlatformEvent } from './administrations.ts'
import { BUILD, ControlPlaneNode } from './record-node.ts'

const TENANTS_AT_ONCE = 1000
const EVENTS_AT_ONCE = BATCH_LIMITS.records
/** A batch that has not arrived by then may be lost. */
const AGAIN_MS = 15_000

type UnderWay = { readonly fromSeq: number; readonly count: number; readonly againAtMs: number }

type EventRow = {
  readonly decision_id: DecisionId
  readonly at: Date
  readonly administration: Administration | null
  readonly finding: FoundEvent | null
  readonly record: PlatformEvent | null
}

/**
 * Makes records of administrative events, and of what the platform found. The n-th event of a tenant is the n-th record of the tenant's stream, with the same bytes
 * whoever seals it: sent twice it is stored once, and what was not stored is sent again.
 */
@Injectable()
export class Sealing {
  readonly #underWay = new Map<TenantId, UnderWay>()

  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly clock: Clock,
    private readonly platform: PlatformQueries,
    private readonly tenancy: Tenancy,
    private readonly transport: RecordTransport,
    private readonly self: ControlPlaneNode,
  ) {}

  /**
   * Sends the next batch of every tenant that has events which the ledger does not hold. One that is under way is not sent anew but after a
   * while, and then it is the same one, which a queue that still holds it holds once.
   * @returns how many tenants had some
   * @throws the first failure, once all the others were looked after
   */
  async sealPending(): Promise<number> {
    const { id, streamOf } = this.self.node
    const streams = streamOf(NO_TENANT).slice(0, -NO_TENANT.length)
    const tenants = await this.platform.unsealedTenants(id, streams, TENANTS_AT_ONCE)
    const failures: unknown[] = []
    for (const tenant of tenants) await this.#send(tenant).catch((error: unknown) => failures.push(error))
    this.#forget(tenants)
    if (failures.length > 0) throw failures[0]
    return tenants.length
  }

  async #send(tenant: UnsealedTenant): Promise<void> {
    const nowMs = this.clock.nowMs()
    const known = this.#underWay.get(tenant.tenantId)
    const before = known?.fromSeq === tenant.nextSeq ? known : null
    if (before && nowMs < before.againAtMs) return
    const batch = await this.#nextBatch(tenant, before?.count ?? EVENTS_AT_ONCE)
    await this.transport.add(batch)
    const { fromSeq, records } = batch
    this.#underWay.set(tenant.tenantId, { fromSeq, count: records.length, againAtMs: nowMs + AGAIN_MS })
  }

  #forget(pending: readonly UnsealedTenant[]): void {
    const still = new Set(pending.map(({ tenantId }) => tenantId))
    for (const tenant of this.#underWay.keys()) if (!still.has(tenant)) this.#underWay.delete(tenant)
  }

  #nextBatch(tenant: UnsealedTenant, most: number): Promise<StreamBatch> {
    return this.tenancy.run({ id: tenant.tenantId, slug: tenant.slug }, async (db) => {
      const batch = this.#sealed(tenant, await eventsAfter(db, tenant.nextSeq, most))
      await this.#tellHead(db, batch)
      return batch
    })
  }

  /** As many as a batch takes; the rest comes with the next. */
  #sealed({ tenantId, nextSeq, headHash }: UnsealedTenant, events: readonly EventRow[]): StreamBatch {
    const { id: node, key, streamOf } = this.self.node
    let position: StreamPosition = { stream: streamOf(tenantId), seq: nextSeq, prev: headHash }
    const frames = events.map((event) => {
      const fields = { ...fieldsOf(event), tenant: tenantId, gateway: { node, build: BUILD } }
      const { stream, seq } = position
      const { bytes, sha256 } = sealRecord(fields, position)
      position = extendStream(position, sha256)
      return { stream, seq, bytes }
    })
    const [batch] = batchesOf(frames)
    if (!batch) throw new Error('a tenant with unsealed events has some')
    return signBatch(batch, key)
  }

  // Signed before the records arrive, so that leaving them out would show.
  async #tellHead(db: TenantDb, { stream, fromSeq, records, headHash }: StreamBatch): Promise<void> {
    const { id, key } = this.self.node
    const at = new Date(this.clock.nowMs()).toISOString()
    await recordHead(
      db.manager,
      id,
      signHead({ stream, nextSeq: fromSeq + records.length, headHash, at }, key),
    )
  }
}

const NO_TENANT: TenantId = `ten_${'0'.repeat(26)}`

async function eventsAfter(db: TenantDb, count: number, most: number): Promise<EventRow[]> {
  const rows = await db.rows<StoredRow>(
    `select decision_id, at, administration, finding, record from writ.administration_events
     where tenant_id = $1 and seq > $2 order by seq limit $3`,
    [count, most],
  )
  return rows.map(({ administration, finding, record, ...row }) => ({
    ...row,
    administration: administration === null ? null : JSON.parse(administration),
    finding: finding === null ? null : JSON.parse(finding),
    record: record === null ? null : JSON.parse(record),
  }))
}

type StoredRow = Pick<EventRow, 'decision_id' | 'at'> & {
  administration: string | null
  finding: string | null
  record: string | null
}

const fieldsOf = ({
  decision_id,
  at,
  administration,
  finding: found,
  record,
}: EventRow): Omit<RecordFields, 'tenant' | 'gateway'> => ({
  kind: found ? 'found' : 'administered',
  decisionId: decision_id,
  at: at.toISOString(),
  channel: 'gateway',
  human: found?.human ?? null,
  agent: found?.agent ?? null,
  delegators: [],
  session: found?.session ?? null,
  keyThumbprint: null,
  connection: null,
  action: null,
  outcome: 'allow',
  refusal: null,
  outbound: null,
  inbound: null,
  bundle: null,
  credential: null,
  request: null,
  response: null,
  administration,
  local: null,
  finding: found?.finding ?? null,
  durationMicros: 0,
  ...record,
})
