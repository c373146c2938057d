import { Injectable } from '@nestjs/common'
import { CommitWatch } from '../bundles/commit-watch.ts'
import { Faults } from '../faults.ts'
import { LeaderLoop } from '../leader-loop.ts'
import { Sealing } from './sealing.ts'

/** Looked at again after a batch was sent: the next one follows when the ledger holds it. */
const UNDER_WAY_MS = 250
const QUIET_MS = 1000

/** Carries administrative events to the ledger, at least once, from the one control plane that leads. */
@Injectable()
export class RecordSealer extends LeaderLoop {
  readonly #sealing: Sealing

  constructor(watch: CommitWatch, faults: Faults, sealing: Sealing) {
    const failure = 'sealing administrative events failed'
    super(watch, faults, { failure, retryMs: QUIET_MS, wakesAtCommits: true })
    this.#sealing = sealing
  }

  protected override async round(): Promise<number> {
    return (await this.#sealing.sealPending()) > 0 ? UNDER_WAY_MS : QUIET_MS
  }
}
