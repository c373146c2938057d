import type { FeedRound } from '@writ/clickhouse'
import type { TenantId } from '@writ/contracts'
import type { Metrics } from '@writ/runtime'

/** Leaves of a tenant's log that the desk reads from Postgres behind what the index has. */
export const MOST_BEHIND = 2000
/** After a failure the desk does not try for so long: whoever asks need not wait for the same again. */
const REST_MS = 5000
/** A question that takes too long may be the tenant's own: the others are not kept from the index by it. */
const SLOW_REST_MS = 60_000
const MOST_SLOW = 10_000
const LATE_MS = 60_000

/** `away`: it does not answer. `behind`: it has not read the ledger for a minute. `foreign`: it holds records that the ledger does not. */
export type IndexTrouble = 'away' | 'behind' | 'foreign'

/** How the index stands, as far as this process knows: by feeding it, which only one does, and by asking it. */
export class IndexStanding {
  readonly #nowMs: () => number
  #isFeeding: () => boolean = () => false
  #round: FeedRound | null = null
  #currentAtMs: number
  #restsUntilMs = -Infinity
  readonly #slowUntilMs = new Map<TenantId, number>()
  #loaded = 0
  #failures = 0
  readonly #answers = { index: 0, ledger: 0 }

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
    this.#currentAtMs = nowMs()
  }

  /** @param isFeeding whether this process feeds it at the moment of the question */
  fedWhile(isFeeding: () => boolean): void {
    this.#isFeeding = isFeeding
  }

  fed(round: FeedRound): void {
    this.#round = round
    this.#loaded += round.loaded
    this.#failures += round.failures.length
    if (round.behind === 0) this.#currentAtMs = this.#nowMs()
  }

  /** The desk asked it for a tenant, and had no answer, or none in time. */
  failed(tenant: TenantId, how: 'away' | 'slow'): void {
    this.#failures += 1
    if (how === 'away') this.#restsUntilMs = this.#nowMs() + REST_MS
    else {
      if (this.#slowUntilMs.size >= MOST_SLOW) this.#slowUntilMs.clear()
      this.#slowUntilMs.set(tenant, this.#nowMs() + SLOW_REST_MS)
    }
  }

  /** Why the desk leaves it alone now; null where it asks. */
  restOf(tenant: TenantId): 'away' | 'slow' | null {
    if (this.#isResting) return 'away'
    return this.#nowMs() < (this.#slowUntilMs.get(tenant) ?? -Infinity) ? 'slow' : null
  }

  get #isResting(): boolean {
    return this.#nowMs() < this.#restsUntilMs
  }

  answered(by: 'index' | 'ledger'): void {
    this.#answers[by] += 1
  }

  get trouble(): IndexTrouble | null {
    const round = this.#isFeeding() ? this.#round : null
    if (this.#isResting || round?.isAway) return 'away'
    if ((round?.foreign ?? 0) > 0) return 'foreign'
    return this.#behindSeconds >= LATE_MS / 1000 ? 'behind' : null
  }

  /** In words, for whoever runs this control plane. */
  get words(): string | null {
    const { trouble } = this
    return trouble && WORDS[trouble]
  }

  get figures(): Readonly<Record<Figure, number>> {
    const isFeeding = this.#isFeeding()
    return {
      writ_index_feeding: Number(isFeeding),
      writ_index_away: Number(this.trouble === 'away'),
      writ_index_leaves_behind: isFeeding ? (this.#round?.behind ?? 0) : 0,
      writ_index_behind_seconds: this.#behindSeconds,
      writ_index_foreign_tenants: isFeeding ? (this.#round?.foreign ?? 0) : 0,
      writ_index_leaves_loaded: this.#loaded,
      writ_index_failures: this.#failures,
      writ_index_desk_answers: this.#answers.index,
      writ_index_desk_fallbacks: this.#answers.ledger,
    }
  }

  get #behindSeconds(): number {
    const isBehind = this.#isFeeding() && this.#round !== null && this.#round.behind > 0
    return isBehind ? (this.#nowMs() - this.#currentAtMs) / 1000 : 0
  }
}

const WORDS: Readonly<Record<IndexTrouble, string>> = {
  away: 'the index of records does not answer: the desk asks Postgres',
  behind: 'the index of records is behind: the desk asks Postgres',
  foreign: 'the index of records is of another ledger: it is to be made again',
}

const HELP = [
  ['writ_index_feeding', '1 in the control plane that feeds the index of records'],
  ['writ_index_away', '1 while the index of records does not answer'],
  ['writ_index_leaves_behind', 'records of the ledger that its index does not have'],
  ['writ_index_behind_seconds', 'since the index had all records of the ledger; 0 while it has'],
  ['writ_index_foreign_tenants', 'tenants whose records in the index are not those of the ledger'],
  ['writ_index_leaves_loaded', 'records that this control plane has brought to the index'],
  ['writ_index_failures', 'failures of the index since this control plane began'],
  ['writ_index_desk_answers', 'questions of the desk that the index answered'],
  ['writ_index_desk_fallbacks', 'questions of the desk that Postgres answered in place of the index'],
] as const
type Figure = (typeof HELP)[number][0]

/** The same metrics, with how the index stands whenever somebody reads them. */
export function withIndex(metrics: Metrics, standing: IndexStanding): Metrics {
  const gauges = HELP.map(([name, help]) => [name, metrics.gauge({ name, help })] as const)
  return {
    ...metrics,
    exposition: () => {
      const { figures } = standing
      for (const [name, gauge] of gauges) gauge.set(figures[name])
      return metrics.exposition()
    },
  }
}
