import { Injectable } from '@nestjs/common'
import { base64Of, EMPTY_ROOT, writeNote } from '@writ/audit'
import type { OpenedEpoch } from '@writ/contracts'
import { keepFork, treeStoreOf } from '@writ/postgres'
import { Administrations } from '../administration/administrations.ts'
import { Clock } from '../clock.ts'
import { conflict } from '../http/problem.ts'
import { Settings } from '../settings.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import { OPERATOR } from '../tenants/operator.ts'
import { LogCopies } from './copies.ts'
import { LogKeys } from './log-keys.ts'
import { originOf } from './log-sealing.ts'

/** Ends an epoch of a log whose history cannot be continued, and says so under its own key. */
@Injectable()
export class Epochs {
  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly tenancy: Tenancy,
    private readonly keys: LogKeys,
    private readonly copies: LogCopies,
    private readonly administrations: Administrations,
  ) {}

  /** The notice is with the archives before the new epoch begins. @throws 409 for a log that is sealed as ever: there is nothing to end */
  async open(slug: string): Promise<OpenedEpoch> {
    const tenant = await this.tenancy.bySlug(slug)
    return this.tenancy.run(tenant, async (db) => {
      const store = treeStoreOf(db.manager, 'tenant')
      const state = await store.state('lock')
      if (state?.stopped == null)
        throw conflict('the log of this tenant is sealed: there is no fork to tell of')
      const latest = await store.latest()
      const [old, epoch] = [originOf(this.settings.logOrigin, state), state.epoch + 1]
      const origin = originOf(this.settings.logOrigin, { ...state, epoch })
      const at = new Date(this.clock.nowMs())
      const text = [
        'writ.fork.v1',
        `old ${old}`,
        `size ${latest?.epoch === state.epoch ? latest.size : 0}`,
        `root ${base64Of(latest?.epoch === state.epoch ? latest.root : EMPTY_ROOT)}`,
        `new ${origin}`,
        `at ${at.toISOString()}`,
        `because ${state.stopped}`,
        '',
      ].join('\n')
      const notice = writeNote({ text, signatures: [await this.keys.signNote(text, old)] })
      await this.copies.putFork(state.logId, epoch, notice)
      await keepFork(db.manager, { epoch, notice, at })
      await store.nextEpoch(epoch)
      await this.administrations.record(db, {
        ...OPERATOR,
        route: 'POST /api/v1/tenants/{slug}/log-epochs',
        target: origin,
        before: { origin: old },
        after: { origin, notice },
      })
      return { origin, epoch, notice }
    })
  }
}
