import { createHash, randomBytes } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import { ArchiveConflict, readNote, writeCheckpoint, writeNote } from '@writ/audit'
import type { LeafRange, TreeEdge } from '@writ/audit'
import type { TenantId } from '@writ/contracts'
import { addGlobalLeaf, removedLeaves } from '@writ/postgres'
import type { CheckpointRow, TreeState, TreeStore } from '@writ/postgres'
import { Clock } from '../clock.ts'
import { Faults } from '../faults.ts'
import { Settings } from '../settings.ts'
import { LogCopies } from './copies.ts'
import type { LogName } from './copies.ts'
import { growTree, isStillThere } from './growth.ts'
import type { Grown } from './growth.ts'
import { LogKeys } from './log-keys.ts'
import { LogRows } from './log-rows.ts'
import type { Log, Rows } from './log-rows.ts'
import { LogSpreading } from './log-spreading.ts'
import { lastTileFault, patrolTiles } from './patrol.ts'
import { TrustFiles } from './trust-files.ts'

/** A log that nothing comes to is signed once more after so long: its silence is provable. */
export const IDLE_MS = 3_600_000

/** `more`: there are leaves beyond the new checkpoint. */
export type Sealed = 'sealed' | 'more' | 'idle' | 'stopped'

type View = { readonly state: TreeState; readonly latest: CheckpointRow | null; readonly name: LogName }

/** Seals a log: adds what came to its tree, compares with what others remember, signs, and spreads the checkpoint. */
@Injectable()
export class LogSealing {
  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly rows: LogRows,
    private readonly keys: LogKeys,
    private readonly copies: LogCopies,
    private readonly spreading: LogSpreading,
    private readonly trust: TrustFiles,
    private readonly faults: Faults,
  ) {}

  /** @throws when an archive, or the database, does not answer: it is tried again */
  async seal(log: Log): Promise<Sealed> {
    const view = await this.#view(log)
    const { state, latest, name } = view
    if (!this.#isDue(state)) return 'idle'
    if (!(await this.#isMended(log, view))) return 'stopped'
    // Before every signature: what others remember of this log.
    const known = await this.copies.heads(name)
    const grown = await this.rows.in(log, ({ store }) => growTree(store, view, known))
    if ('fault' in grown) return this.#stop(log, state, await this.#named(log, state, grown.fault))
    // Nothing came: what had stopped it is mended, or a copy was behind.
    if (!this.#isNew(state) && latest !== null) return this.#spread(log, view, latest)
    if (!(await this.#isCopied(log, view))) return 'stopped'
    const note = await this.#sign(name, grown.edge)
    const kept = await this.rows.in(log, (rows) => this.#keep(log, { rows, view, grown, note }))
    return kept === null ? 'more' : this.#spread(log, view, kept)
  }

  /** Compares sealed tiles with the records below them. @returns whether they fit */
  async patrol(log: Log, most = 1): Promise<boolean> {
    const fault = await this.rows.in(log, async (rows) => {
      const state = await rows.store.state('lock')
      return state && patrolTiles(rows.store, state, { most, removed: removedOf(log, rows) }, this.#now())
    })
    if (fault === null) return true
    const { state } = await this.#view(log)
    await this.#stop(log, state, `${PATROL}${fault}`)
    return false
  }

  /** Of tiles that do not give their root: which leaf it is, where the last of them tells. */
  async #named(log: Log, state: TreeState, fault: string): Promise<string> {
    if (!fault.startsWith(ALTERED)) return fault
    const leaf = await this.rows.in(log, (rows) => lastTileFault(rows.store, state, removedOf(log, rows)))
    return leaf === null ? fault : `${fault}: ${leaf}`
  }

  async #view(log: Log): Promise<View> {
    const { state, latest } = await this.rows.in(log, async ({ store }) => ({
      state: (await store.state()) ?? (await begun(store, log)),
      latest: await store.latest(),
    }))
    const origin = originOf(this.settings.logOrigin, state)
    return { state, latest, name: { ...state, origin, keys: await this.keys.noteKeys(origin) } }
  }

  /** Also when a copy is behind, or it was stopped: what stopped it may be mended. */
  #isDue(state: TreeState): boolean {
    const isBehind = state.archivedSize < state.size || state.stopped !== null
    return state.leaves > 0 && (isBehind || this.#isNew(state))
  }

  #isNew({ leaves, size, sealedAt }: TreeState): boolean {
    return leaves > size || sealedAt === null || this.clock.nowMs() - sealedAt.getTime() >= IDLE_MS
  }

  /** What growing would not find again is looked at again. */
  async #isMended(log: Log, view: View): Promise<boolean> {
    const { latest } = view
    const { stopped, epoch } = view.state
    if (stopped?.startsWith(PATROL)) return this.patrol(log)
    if (stopped?.startsWith(CONFLICT) && latest?.epoch === epoch)
      return (await this.#spread(log, view, latest)) !== 'stopped'
    return true
  }

  /**
   * The checkpoint before is with the archives before the next is signed: one that answers and keeps nothing would remember less and less of
   * what was signed.
   * @throws when an archive does not keep it
   */
  async #isCopied(log: Log, view: View): Promise<boolean> {
    const { state, latest } = view
    if (latest?.epoch !== state.epoch || state.archivedSize >= state.size) return true
    return (await this.#spread(log, view, latest)) !== 'stopped'
  }

  async #spread(log: Log, { state, name }: View, checkpoint: CheckpointRow): Promise<Sealed> {
    try {
      await this.spreading.spread(log, name, checkpoint)
    } catch (error) {
      if (error instanceof ArchiveConflict) return this.#stop(log, state, CONFLICT)
      throw error
    }
    if (state.stopped !== null)
      await this.rows.in(log, ({ store }) => store.stop(state.epoch, null, this.#now()))
    return checkpoint.size < state.leaves ? 'more' : 'sealed'
  }

  async #sign({ origin }: LogName, edge: TreeEdge): Promise<string> {
    const text = writeCheckpoint({ origin, size: edge.size(), root: edge.root() })
    return writeNote({ text, signatures: [await this.keys.signNote(text, origin)] })
  }

  /**
   * @returns null when somebody else sealed meanwhile, or the ledger went back: what was signed is then forgotten, and says nothing that
   * contradicts
   */
  async #keep(
    log: Log,
    { rows, view, grown, note }: { rows: Rows; view: View; grown: Grown; note: string },
  ): Promise<CheckpointRow | null> {
    const { store, manager } = rows
    const now = await store.state('lock')
    const { state, name } = view
    if (now?.checkpoints !== state.checkpoints || now.epoch !== state.epoch) return null
    if (!(await isStillThere(store, now, grown))) return null
    const { edge } = grown
    const at = this.#now()
    const globalIndex =
      log === 'global'
        ? null
        : await addGlobalLeaf(manager, globalLeafOf({ log: log.id, state, note, at }), at)
    const checkpoint = {
      seq: state.checkpoints + 1,
      epoch: state.epoch,
      origin: name.origin,
      size: edge.size(),
      root: Buffer.from(edge.root()),
      note,
      at,
      globalIndex,
    }
    await store.keep(edge.takeTiles(), checkpoint)
    if (log !== 'global') await this.trust.renew(manager, { tenant: log.id, origin: name.origin, at })
    return checkpoint
  }

  async #stop(log: Log, { stopped, logId, epoch }: TreeState, why: string): Promise<'stopped'> {
    if (stopped !== why) {
      this.faults.report(`the log ${logId} is not sealed any more: ${why}`, null)
      await this.rows.in(log, ({ store }) => store.stop(epoch, why, this.#now()))
    }
    return 'stopped'
  }

  #now(): Date {
    return new Date(this.clock.nowMs())
  }
}

/** Of the global log nothing is ever removed; of a tenant's, what retention removes. */
const removedOf =
  (log: Log, { manager }: Rows) =>
  async (range: LeafRange) =>
    log === 'global' ? [] : removedLeaves(manager, range)

const ALTERED = 'altered: '
const PATROL = 'altered, found by the patrol: '
const CONFLICT = 'forked: an archive keeps something else by the name of a tile or checkpoint'

export const originOf = (prefix: string, { logId, epoch }: Pick<TreeState, 'logId' | 'epoch'>): string =>
  epoch === 0 ? `${prefix}/${logId}` : `${prefix}/${logId}/${epoch}`

/** What the global log says of a checkpoint: whose it is knows only who knows the salt. */
export function globalLeafOf(of: {
  log: TenantId
  state: Pick<TreeState, 'salt'>
  note: string
  at: Date
}): Buffer {
  const text = readNote(of.note)?.text ?? ''
  const checkpoint = createHash('sha256').update(text).digest('hex')
  return Buffer.from(
    `writ.global.v1\n${blindOf(of.state.salt, of.log)}\n${checkpoint}\n${of.at.toISOString()}\n`,
  )
}

export const blindOf = (salt: Uint8Array, tenant: TenantId): string =>
  createHash('sha256').update(salt).update(tenant).digest('hex')

async function begun(store: TreeStore, log: Log): Promise<TreeState> {
  const logId = log === 'global' ? 'global' : randomBytes(10).toString('hex')
  await store.begin({ logId, salt: randomBytes(32) })
  const state = await store.state()
  if (state === null) throw new Error('the log was not begun')
  return state
}
