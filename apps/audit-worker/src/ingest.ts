import { Injectable } from '@nestjs/common'
import { isFault, openBatch, openBatchAround } from '@writ/audit'
import type { AuditRecord, StreamBatch } from '@writ/contracts'
import { ingestBatch, PlatformQueries, TenantScope } from '@writ/postgres'
import type { QuarantineReason } from '@writ/postgres'
import type { Trouble } from '@writ/redis'
import { findFailing, findPoison, isOfRecord, PATIENCE } from './isolation.ts'
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

  constructor(scope: TenantScope, queries: PlatformQueries, quarantine: Quarantine) {
    this.#scope = scope
    this.#queries = queries
    this.#quarantine = quarantine
  }

  /**
   * A record that ends or fails this worker again and again is kept unread, with its bytes and a leaf: the rest of the batch lands, and the
   * stream goes on.
   * @throws when the database is away; the batch stays in the queue then
   */
  async take(batch: StreamBatch, trouble: Trouble): Promise<Taken> {
    const publicKey = await this.#queries.nodeKeyOf(batch.node)
    if (publicKey === null) return this.#setAside(batch, 'unknown-node', 'no such node has joined')
    if (trouble.unended < PATIENCE) return this.#takeWhole(batch, publicKey, trouble.failed)
    const poison = await findPoison(batch, trouble)
    const records = openBatchAround(batch, publicKey, poison)
    if (isFault(records)) return this.#setAside(batch, 'unsound', `${records.check}: ${records.message}`)
    return this.#append(batch, records)
  }

  async #takeWhole(batch: StreamBatch, publicKey: string, failed: number): Promise<Taken> {
    const records = openBatch(batch, publicKey)
    if (isFault(records)) return this.#setAside(batch, 'unsound', `${records.check}: ${records.message}`)
    try {
      return await this.#append(batch, records)
    } catch (error) {
      if (failed < PATIENCE || !isOfRecord(error)) throw error
      const failing = await findFailing(records, (some) => this.#try(batch, some))
      if (failing === null || failing.size === 0) throw error
      return this.#append(
        batch,
        records.map((record, at) => (failing.has(at) ? null : record)),
      )
    }
  }

  async #append(batch: StreamBatch, records: readonly (AuditRecord | null)[]): Promise<Taken> {
    const isolated = records.flatMap((record, at) => (record === null ? [at] : []))
    // Before the ledger: once that has them, the batch does not come again.
    for (const at of isolated) await this.#quarantine.keepRecord(batch, at)
    const ingestion = await ingestBatch(this.#scope, { batch, records })
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

class TrialOver extends Error {
  override readonly name = 'TrialOver'
}
