import { Injectable } from '@nestjs/common'
import { CommitWatch } from '../bundles/commit-watch.ts'
import { Faults } from '../faults.ts'
import { LeaderLoop } from '../leader-loop.ts'
import { Removal } from './removal.ts'

/** Days pass slowly, and a month that is to come is three months away. */
const LOOK_AGAIN_MS = 600_000
/** Between two pieces: whoever else uses the database comes in between. */
const GO_ON_MS = 200

const FAILURE = 'removing records that are older than their retention failed'

/** Removes what retention says, from the one control plane that leads. */
@Injectable()
export class RecordRemover extends LeaderLoop {
  readonly #faults: Faults
  readonly #removal: Removal

  constructor(watch: CommitWatch, faults: Faults, removal: Removal) {
    super(watch, faults, { failure: FAILURE, retryMs: LOOK_AGAIN_MS, wakesAtCommits: false })
    this.#faults = faults
    this.#removal = removal
  }

  protected override async round(): Promise<number> {
    const { isMore, failures } = await this.#removal.removeExpired()
    for (const failure of failures) this.#faults.report(`${FAILURE} for a tenant; it is tried again`, failure)
    return isMore ? GO_ON_MS : LOOK_AGAIN_MS
  }
}
