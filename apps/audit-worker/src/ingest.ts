import { Injectable } from '@nestjs/common'
import { isFault, openBatch } from '@writ/audit'
import type { StreamBatch } from '@writ/contracts'
import { ingestBatch, PlatformQueries, TenantScope } from '@writ/postgres'
import type { QuarantineReason } from '@writ/postgres'
import { Quarantine } from './quarantine.ts'

/** What became of a batch. `nextSeq` is what the ledger wants next of its stream. */
export type Taken =
  | { readonly outcome: 'ingested'; readonly nextSeq: number; readonly ingested: number }
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

  /** @throws when the database is away; the batch stays in the queue then */
  async take(batch: StreamBatch): Promise<Taken> {
    const publicKey = await this.#queries.nodeKeyOf(batch.node)
    if (publicKey === null) return this.#setAside(batch, 'unknown-node', 'no such node has joined')
    const records = openBatch(batch, publicKey)
    if (isFault(records)) return this.#setAside(batch, 'unsound', `${records.check}: ${records.message}`)
    const ingestion = await ingestBatch(this.#scope, { batch, records })
    if (ingestion.outcome === 'unknown-tenant')
      return this.#setAside(batch, 'unknown-tenant', 'there is no such tenant')
    if (ingestion.outcome === 'fork')
      return this.#setAside(batch, 'fork', `it is not the history that holds ${ingestion.nextSeq} records`)
    return ingestion
  }

  async #setAside(batch: StreamBatch, reason: QuarantineReason, detail: string): Promise<Taken> {
    await this.#quarantine.keep(batch, { reason, detail })
    return { outcome: 'quarantined', reason, detail }
  }
}
