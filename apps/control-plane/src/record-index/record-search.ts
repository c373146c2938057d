import { Injectable } from '@nestjs/common'
import type { CountQuery, LeafQuery } from '@writ/audit'
import type { RecordCounts, RecordTimes, RecordTimesQuery } from '@writ/contracts'
import { countRecords, searchLeaves, timesOfRecords } from '@writ/postgres'
import type { FoundPage } from '@writ/postgres'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { countsWith, leavesWith, timesWith } from './index-answers.ts'
import { IndexLink } from './index-link.ts'
import type { OpenedIndex } from './index-link.ts'
import { IndexStanding } from './index-standing.ts'
import { IndexFailure, IndexViews, ofIndex } from './index-view.ts'
import type { IndexView, NoView } from './index-view.ts'

/** From so much of a decision id on Postgres finds it by an index of its own. */
const KNOWN_ID = 'dec_'.length + 6

/** Who answered a request, and from how much: of several questions the one that had the least. */
export type Answered = {
  readonly by: 'index' | 'ledger'
  /** leaves that the index had, and that the log had; null where it was not asked */
  readonly readTo: number | null
  readonly size: number | null
  readonly reason: NoView['reason'] | null
}

/**
 * The questions of the desk. The index finds, the ledger shows: what a page holds comes from Postgres behind the wall of its tenant, so an
 * index that is late, wrong or not ours can leave something out and never show anything. What it has not read yet is read there too; and
 * where it cannot be asked, Postgres answers alone, as it does without one.
 */
@Injectable()
export class RecordSearch {
  readonly #answered = new WeakMap<TenantDb, Answered>()
  readonly #views = new IndexViews()

  constructor(
    private readonly link: IndexLink,
    private readonly standing: IndexStanding,
  ) {}

  leaves(db: TenantDb, query: LeafQuery): Promise<FoundPage> {
    const ofLedger = () => searchLeaves(db.manager, query)
    if ((query.filter.decision?.length ?? 0) >= KNOWN_ID) return ofLedger()
    const viewOf = (opened: OpenedIndex) => this.#views.of(db, opened)
    return this.#ask(db, viewOf, (view) => leavesWith(view, query), ofLedger)
  }

  counts(db: TenantDb, query: CountQuery): Promise<RecordCounts> {
    return this.#ask(
      db,
      (opened) => this.#views.toCount(db, opened),
      (view) => countsWith(view, query),
      () => countRecords(db.manager, query),
    )
  }

  times(db: TenantDb, query: RecordTimesQuery): Promise<RecordTimes> {
    return this.#ask(
      db,
      (opened) => this.#views.toCount(db, opened),
      (view) => timesWith(view, query),
      () => timesOfRecords(db.manager, query),
    )
  }

  /** Null where there is no index apart from the ledger, or nothing was asked. */
  answeredOf(db: TenantDb): Answered | null {
    return this.#answered.get(db) ?? null
  }

  async #ask<T>(
    db: TenantDb,
    viewOf: (opened: OpenedIndex) => Promise<IndexView | NoView>,
    ofView: (view: IndexView) => Promise<T>,
    ofLedger: () => Promise<T>,
  ): Promise<T> {
    if (!this.link.isSet) return ofLedger()
    const rest = this.standing.restOf(db.tenant.id)
    if (rest) return this.#fallen(db, without(rest), ofLedger)
    try {
      const view = await viewOf(await ofIndex(() => this.link.forDesk()))
      if ('reason' in view) return await this.#fallen(db, view, ofLedger)
      const answer = await ofView(view)
      this.#note(db, { by: 'index', readTo: view.readTo, size: view.size, reason: null })
      return answer
    } catch (error) {
      if (!(error instanceof IndexFailure)) throw error
      const reason = error.isSlow ? 'slow' : 'away'
      this.standing.failed(db.tenant.id, reason)
      return this.#fallen(db, without(reason), ofLedger)
    }
  }

  #fallen<T>(db: TenantDb, { reason, readTo, size }: NoView, ofLedger: () => Promise<T>): Promise<T> {
    this.#note(db, { by: 'ledger', readTo, size, reason })
    return ofLedger()
  }

  #note(db: TenantDb, answered: Answered): void {
    this.standing.answered(answered.by)
    const before = this.#answered.get(db)
    if (!before || before.by === 'index') this.#answered.set(db, answered)
  }
}

const without = (reason: NoView['reason']): NoView => ({ reason, readTo: null, size: null })
