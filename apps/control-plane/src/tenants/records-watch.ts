import { Injectable } from '@nestjs/common'
import { CommitWatch } from '../bundles/commit-watch.ts'
import { Faults } from '../faults.ts'
import { LeaderLoop } from '../leader-loop.ts'
import { RecordsKept } from './records-kept.ts'

/** Records arrive without a commit that anybody is told of. */
const LOOK_AGAIN_MS = 5000

/** Looks which tenants have as many records as they may have, from the one control plane that leads. */
@Injectable()
export class RecordsWatch extends LeaderLoop {
  readonly #kept: RecordsKept

  constructor(watch: CommitWatch, faults: Faults, kept: RecordsKept) {
    const failure = 'looking after the limit of records failed'
    super(watch, faults, { failure, retryMs: LOOK_AGAIN_MS, wakesAtCommits: false })
    this.#kept = kept
  }

  protected override async round(): Promise<number> {
    return (await this.#kept.settlePending()) ? 0 : LOOK_AGAIN_MS
  }
}
