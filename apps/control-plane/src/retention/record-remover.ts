import { Injectable } from '@nestjs/common'
import { CommitWatch } from '../bundles/commit-watch.ts'
import { Faults } from '../faults.ts'
import { LeaderLoop } from '../leader-loop.ts'
import { Removal } from './removal.ts'

/** Days pass slowly, and a month that is to come is three months away. */
const LOOK_AGAIN_MS = 600_000
/** Between two pieces: whoever else uses the database comes in between. */
const GO_ON_MS = 200

/** Removes what retention says, from the one control plane that leads. */
@Injectable()
export class RecordRemover extends LeaderLoop {
  readonly #removal: Removal

  constructor(watch: CommitWatch, faults: Faults, removal: Removal) {
    const failure = 'removing records that are older than their retention failed'
    super(watch, faults, { failure, retryMs: LOOK_AGAIN_MS, wakesAtCommits: false })
    this.#removal = removal
  }

  protected override async round(): Promise<number> {
    return (await this.#removal.removeExpired()) ? GO_ON_MS : LOOK_AGAIN_MS
  }
}
