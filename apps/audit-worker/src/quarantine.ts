import type { StreamBatch } from '@writ/contracts'
import { quarantine, quarantineRecord } from '@writ/postgres'
import type { Database, QuarantineReason } from '@writ/postgres'

/** Where batches go that cannot be believed or do not fit: kept whole, out of every tenant's sight. */
export class Quarantine {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  keep(
    batch: StreamBatch,
    why: { readonly reason: QuarantineReason; readonly detail: string },
  ): Promise<void> {
    return quarantine(this.#database, batch, why)
  }

  /** The bytes of one record that ended or failed the intake again and again; they are in the ledger too. */
  keepRecord(batch: StreamBatch, at: number): Promise<void> {
    return quarantineRecord(this.#database, batch, at, 'it was kept without being read')
  }
}
