import { Injectable } from '@nestjs/common'
import { isFault, makerFault, openBatchAround } from '@writ/audit'
import type { NodeKind } from '@writ/audit'
import type { AuditRecord, Fault, StreamBatch } from '@writ/contracts'
import { ingestBatch, nextSeqOf, PlatformQueries, TenantScope } from '@writ/postgres'
import type { QuarantineReason } from '@writ/postgres'
import type { Trouble } from '@writ/redis'
import { findFailing, findPoison, isOfRecord, PATIENCE, Reading } from './isolation.ts'
import { Quarantine } from './quarantine.ts'

/** What became of a batch. `nextSeq` is what the ledger wants next of its stream; `isolated`: records that were kept unread. */
export type Taken =
  | {
      readonly outcome: 'ingested'
      readonly nextSeq: number
      readonly ingested: number
      readonly isolated: number
    }
  | { readonly outcome: 'gap'; readonly nextSeq: number }
  | { readonly outcome: 'quarantined'; readonly reason: QuarantineReason; readonly detail: string }

/** Takes one batch: believed only under its node's registered key, then appended, or kept aside whole. Taking it again is harmless. */
@Injectable()
export class Ingest {
  readonly #scope: TenantScope
  readonly #queries: PlatformQueries
  readonly #quarantine: Quarantine
  /** all queues of this worker: what ends it ends all that it has under way */
  readonly #reading = new Reading()

  constructor(scope: TenantScope, queries: PlatformQueries, quarantine: Quarantine) {
    this.#scope = scope
    this.#queries = queries
    this.#quarantine = quarantine
  }

  /**
   * What the ledger has is not read again: nodes send again, cut otherwise, and what ends a reader would end one for each cut.
   * A record that ends or fails this worker again and again is kept unread, with its bytes and a leaf: the rest of the batch lands, and the
   * stream goes on. What a node of that kind never says is put aside whole, and nothing of it gets a leaf.
   * @throws when the database is away, or went back meanwhile; the batch stays in the queue then
   */
  async take(batch: StreamBatch, trouble: Trouble): Promise<Taken> {
    const [signer, nextSeq] = await Promise.all([
      this.#queries.signerOf(batch.node),
      nextSeqOf(this.#scope, batch),
    ])
    if (signer === null) return this.#setAside(batch, 'unknown-node', 'no such node has joined')
    const stored = placesBelow(batch, nextSeq)
    const records = await this.#reading.alone(async () => {
      const poison = trouble.unended < PATIENCE.ended ? NONE : await findPoison(batch, stored, trouble)
      return openBatchAround(batch, signer.publicKey, new Set([...stored, ...poison]))
    })
    if (isFault(records)) return this.#setAside(batch, 'unsound', `${records.check}: ${records.message}`)
    const foreign = foreignFault(records, signer.kind)
    if (foreign) return this.#setAside(batch, 'foreign', `${foreign.check}: ${foreign.message}`)
    return this.#appendAround({ batch, stored, nextSeq }, records, trouble.failed)
  }

  async #appendAround(
    taking: Taking,
    records: readonly (AuditRecord | null)[],
    failed: number,
  ): Promise<Taken> {
    try {
      return await this.#append(taking, records)
    } catch (error) {
      if (failed < PATIENCE.failed || !isOfRecord(error)) throw error
      const failing = await findFailing(records, (some) => this.#try(taking.batch, some))
      if (failing === null || failing.size === 0) throw error
      return this.#append(
        taking,
        records.map((record, at) => (failing.has(at) ? null : record)),
      )
    }
  }

  async #append(
    { batch, stored, nextSeq }: Taking,
    records: readonly (AuditRecord | null)[],
  ): Promise<Taken> {
    const isolated = records.flatMap((record, at) => (record === null && !stored.has(at) ? [at] : []))
    // Before the ledger: once that has them, the batch does not come again.
    for (const at of isolated) await this.#quarantine.keepRecord(batch, at)
    const ingestion = await ingestBatch(this.#scope, { batch, records }, nextSeq)
    if (ingestion.outcome === 'unknown-tenant')
      return this.#setAside(batch, 'unknown-tenant', 'there is no such tenant')
    if (ingestion.outcome === 'fork')
      return this.#setAside(batch, 'fork', `it is not the history that holds ${ingestion.nextSeq} records`)
    return ingestion.outcome === 'ingested' ? { ...ingestion, isolated: isolated.length } : ingestion
  }

  /** The same transaction, taken back at its end. */
  async #try(batch: StreamBatch, records: readonly (AuditRecord | null)[]): Promise<void> {
    const scope: TenantScope = {
      run: (tenant, work) =>
        this.#scope.run(tenant, async (manager) => {
          await work(manager)
          throw new TrialOver()
        }),
    }
    await ingestBatch(scope, { batch, records }).catch((error: unknown) => {
      if (!(error instanceof TrialOver)) throw error
    })
  }

  async #setAside(batch: StreamBatch, reason: QuarantineReason, detail: string): Promise<Taken> {
    await this.#quarantine.keep(batch, { reason, detail })
    return { outcome: 'quarantined', reason, detail }
  }
}

/** A batch, where its stream stood in the ledger before it was looked at, and the places in it that the ledger had then. */
type Taking = {
  readonly batch: StreamBatch
  readonly nextSeq: number
  readonly stored: ReadonlySet<number>
}

const NONE: ReadonlySet<number> = new Set()

const placesBelow = ({ fromSeq, records }: StreamBatch, nextSeq: number): ReadonlySet<number> =>
  new Set([...records.keys()].filter((at) => fromSeq + at < nextSeq))

/** A stream stays open to what its own node says: a batch that somebody else signed with its key takes no place in it. */
function foreignFault(records: readonly (AuditRecord | null)[], maker: NodeKind): Fault | null {
  for (const record of records) {
    const fault = record && makerFault(record, maker)
    if (fault) return fault
  }
  return null
}

class TrialOver extends Error {
  override readonly name = 'TrialOver'
}
