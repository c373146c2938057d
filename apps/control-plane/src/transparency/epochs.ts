import { Injectable } from '@nestjs/common'
import { base64Of, EMPTY_ROOT, writeNote } from '@writ/audit'
import type { OpenedEpoch } from '@writ/contracts'
import { treeStoreOf } from '@writ/postgres'
import type { CheckpointRow, TreeState, TreeStore } from '@writ/postgres'
import { Administrations } from '../administration/administrations.ts'
import { Clock } from '../clock.ts'
import { conflict } from '../http/problem.ts'
import { Settings } from '../settings.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import { OPERATOR } from '../tenants/operator.ts'
import { LogCopies } from './copies.ts'
import { LogKeys } from './log-keys.ts'
import { LogRows } from './log-rows.ts'
import { originOf } from './log-sealing.ts'

/** Ends an epoch of a log whose history cannot be continued, and says so under its own key. */
@Injectable()
export class Epochs {
  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly tenancy: Tenancy,
    private readonly rows: LogRows,
    private readonly keys: LogKeys,
    private readonly copies: LogCopies,
    private readonly administrations: Administrations,
  ) {}

  /** @throws 409 for a log that is sealed as ever: there is nothing to end */
  async open(slug: string): Promise<OpenedEpoch> {
    const tenant = await this.tenancy.bySlug(slug)
    return this.tenancy.run(tenant, async (db) => {
      const { old, ...opened } = await this.#end(treeStoreOf(db.manager, 'tenant'))
      await this.administrations.record(db, {
        ...OPERATOR,
        route: 'POST /api/v1/tenants/{slug}/log-epochs',
        target: opened.origin,
        before: { origin: old },
        after: { origin: opened.origin, notice: opened.notice },
      })
      return opened
    })
  }

  /** The same of the log over all logs: no tenant's records tell of it, but its notice, which anybody may read. */
  openGlobal(): Promise<OpenedEpoch> {
    return this.rows.in('global', async ({ store }) => {
      const { old: _, ...opened } = await this.#end(store)
      return opened
    })
  }

  /** The notice is with the archives before the new epoch begins. */
  async #end(store: TreeStore): Promise<OpenedEpoch & { readonly old: string }> {
    const state = await store.state('lock')
    if (state?.stopped == null) throw conflict('this log is sealed: there is no fork to tell of')
    const old = originOf(this.settings.logOrigin, state)
    const epoch = await this.copies.freeEpoch(state.logId, state.epoch + 1)
    const origin = originOf(this.settings.logOrigin, { ...state, epoch })
    const at = new Date(this.clock.nowMs())
    const text = noticeOf({ old, origin, at, state, latest: await store.latest() })
    const notice = writeNote({ text, signatures: [await this.keys.signNote(text, old)] })
    await this.copies.putFork(state.logId, epoch, notice)
    await store.nextEpoch({ epoch, notice, at })
    return { origin, epoch, notice, old }
  }
}

type Ended = {
  readonly old: string
  readonly origin: string
  readonly at: Date
  readonly state: TreeState
  readonly latest: CheckpointRow | null
}

function noticeOf({ old, origin, at, state, latest }: Ended): string {
  const last = latest?.epoch === state.epoch ? latest : { size: 0, root: EMPTY_ROOT }
  return [
    'writ.fork.v1',
    `old ${old}`,
    `size ${last.size}`,
    `root ${base64Of(last.root)}`,
    `new ${origin}`,
    `at ${at.toISOString()}`,
    `because ${state.stopped}`,
    '',
  ].join('\n')
}
