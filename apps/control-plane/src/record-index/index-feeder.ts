import { Injectable } from '@nestjs/common'
import { IndexFeed } from '@writ/clickhouse'
import type { FeedRound } from '@writ/clickhouse'
import { PlatformQueries, TenantScope } from '@writ/postgres'
import { CommitWatch } from '../bundles/commit-watch.ts'
import { Faults } from '../faults.ts'
import { LeaderLoop } from '../leader-loop.ts'
import { fedLedger } from './fed-ledger.ts'
import { IndexLink } from './index-link.ts'
import { IndexStanding } from './index-standing.ts'

/** Records arrive without a commit that anybody is told of. */
const LOOK_AGAIN_MS = 1000
const AWAY_MS = 5000
/** The same trouble is told once in so long. */
const SAY_AGAIN_MS = 60_000

/** Feeds the index of records from the ledger, from the one control plane that leads. Nothing waits for it. */
@Injectable()
export class IndexFeeder extends LeaderLoop {
  readonly #watch: CommitWatch
  readonly #faults: Faults
  readonly #link: IndexLink
  readonly #standing: IndexStanding
  readonly #feed: IndexFeed
  #saidAtMs = -Infinity

  // oxlint-disable-next-line max-params -- injected
  constructor(
    watch: CommitWatch,
    faults: Faults,
    link: IndexLink,
    standing: IndexStanding,
    scope: TenantScope,
    platform: PlatformQueries,
  ) {
    super(watch, faults, {
      failure: 'feeding the index of records failed',
      retryMs: AWAY_MS,
      wakesAtCommits: false,
    })
    this.#watch = watch
    this.#faults = faults
    this.#link = link
    this.#standing = standing
    this.#feed = new IndexFeed(
      fedLedger(scope, platform),
      () => link.forFeed(),
      () => performance.now(),
    )
  }

  override onApplicationBootstrap(): void {
    if (!this.#link.isSet) return
    this.#standing.fedWhile(() => this.#watch.leads)
    super.onApplicationBootstrap()
  }

  // Whatever it waits for then, it need not wait: its place is in the index.
  override async beforeApplicationShutdown(): Promise<void> {
    const stopped = super.beforeApplicationShutdown()
    await this.#link.endFeed()
    await stopped
  }

  protected override async round(): Promise<number> {
    const round = await this.#feed.round()
    this.#standing.fed(round)
    this.#say(round)
    if (round.isAway) return AWAY_MS
    return round.loaded > 0 && round.behind > 0 ? 0 : LOOK_AGAIN_MS
  }

  #say({ failures, foreign }: FeedRound): void {
    if (this.isStopped || (failures.length === 0 && foreign === 0)) return
    const nowMs = performance.now()
    if (nowMs - this.#saidAtMs < SAY_AGAIN_MS) return
    this.#saidAtMs = nowMs
    for (const failure of failures.slice(0, 1))
      this.#faults.report('feeding the index of records failed; it goes on from its place', failure)
    if (foreign > 0)
      this.#faults.report('the index of records is of another ledger: it is to be made again', { foreign })
  }
}
