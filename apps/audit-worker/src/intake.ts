import { setTimeout as delay } from 'node:timers/promises'
import { Injectable } from '@nestjs/common'
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common'
import type { StreamBatch } from '@writ/contracts'
import { createRecordWorker } from '@writ/redis'
import type { RecordStore, RecordWorker, Trouble } from '@writ/redis'
import { Acknowledgements } from './acknowledgements.ts'
import { Ingest } from './ingest.ts'
import { Telling } from './telling.ts'

const CLOSE_LIMIT_MS = 5_000

/** The queues that batches come through. */
export class Queues {
  readonly stores: readonly RecordStore[]

  constructor(stores: readonly RecordStore[]) {
    this.stores = stores
  }
}

/** Empties the queues into the ledger, from the start of the application until its end. */
@Injectable()
export class Intake implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #queues: Queues
  readonly #ingest: Ingest
  readonly #acknowledgements: Acknowledgements
  readonly #telling: Telling
  #workers: RecordWorker[] = []

  constructor(queues: Queues, ingest: Ingest, acknowledgements: Acknowledgements, telling: Telling) {
    this.#queues = queues
    this.#ingest = ingest
    this.#acknowledgements = acknowledgements
    this.#telling = telling
  }

  onApplicationBootstrap(): void {
    this.#workers = this.#queues.stores.map((store) =>
      createRecordWorker(
        store,
        (batch, trouble) => this.#take(batch, trouble),
        (said) => this.#telling.queueSaid(said),
      ),
    )
  }

  /** Ends after the batches at hand, or when a queue that is away does not answer: what was not finished comes again. */
  async beforeApplicationShutdown(): Promise<void> {
    const closed = Promise.all(this.#workers.map((worker) => worker.close()))
    await Promise.race([closed, delay(CLOSE_LIMIT_MS, undefined, { ref: false })])
  }

  /** Drops the connections to the queues and makes new ones. */
  async rebuild(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.rebuild()))
  }

  // A gap ends the job too: the node goes back to the watermark and sends on from there.
  async #take(batch: StreamBatch, trouble: Trouble): Promise<void> {
    const taken = await this.#ingest.take(batch, trouble)
    this.#telling.taken(batch, taken)
    if (taken.outcome !== 'quarantined') await this.#acknowledgements.publish(batch.stream, taken.nextSeq)
  }
}
