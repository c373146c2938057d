import { Injectable } from '@nestjs/common'
import { CommitWatch } from '../bundles/commit-watch.ts'
import { Faults } from '../faults.ts'
import { LeaderLoop } from '../leader-loop.ts'
import { Reconciliation } from './reconciliation.ts'

/** Records arrive without a commit that anybody is told of. */
const LOOK_AGAIN_MS = 15_000

/** Looks for what does not fit together in the records of sessions, from the one control plane that leads. */
@Injectable()
export class Reconciler extends LeaderLoop {
  readonly #reconciliation: Reconciliation

  constructor(watch: CommitWatch, faults: Faults, reconciliation: Reconciliation) {
    const failure = 'comparing the records of sessions failed'
    super(watch, faults, { failure, retryMs: LOOK_AGAIN_MS, wakesAtCommits: false })
    this.#reconciliation = reconciliation
  }

  protected override async round(): Promise<number> {
    return (await this.#reconciliation.reconcilePending()) ? 0 : LOOK_AGAIN_MS
  }
}
