import type { AuditLedger, LeafRange } from '@writ/audit'
import type { TenantId } from '@writ/contracts'
import { catchUp } from './catch-up.ts'
import type { ApartIndex } from './record-index.ts'

/** How the log of a tenant stands in the ledger: leaves that it counts, and how many of them retention has removed so far. */
export type LogStanding = {
  readonly tenant: TenantId
  readonly size: number
  readonly removed: number
  readonly isDeleted: boolean
}

/** What a feed reads of the ledger. */
export interface FedLedger extends Pick<AuditLedger, 'size' | 'leaves'> {
  /** of all tenants, those that were deleted too */
  standing(): Promise<readonly LogStanding[]>
  /** which leaves of the tenant retention removed */
  removed(tenant: TenantId): Promise<readonly LeafRange[]>
}

/** What a feed does to an index. */
export type FedIndex = Pick<ApartIndex, 'load' | 'loadedTo' | 'forget' | 'remove' | 'holds' | 'drop' | 'leaf'>

/** The index of now; another `name` is another index, of which nothing is known. */
export type OpenIndex = () => Promise<{ readonly name: string; readonly index: FedIndex }>

/**
 * How a round went. `behind`: leaves of the ledger that the index does not have, as far as anybody knows. `foreign`: tenants whose leaves
 * in the index are not those of the ledger: they are left alone until the index is made again.
 */
export type FeedRound = {
  readonly isAway: boolean
  readonly behind: number
  readonly loaded: number
  readonly foreign: number
  readonly failures: readonly unknown[]
}

const LEAVES_OF_ONE_TURN = 20_000
/** ClickHouse is asked again to remove what it has not removed after so long. */
const ASK_AGAIN_MS = 60_000
/** Something may have been written after it had been removed, by a process that was held up in between. */
const LOOK_AGAIN_MS = 3_600_000

/** What is known of a tenant since this process began: never more than the index itself says. */
type Known = {
  readonly to: number
  /** `removed` of the ledger that the index was found to follow, and when */
  readonly removed: number
  readonly lookedAtMs: number
}

/**
 * Feeds an index from the ledger, tenant after tenant, round after round. Its place is what the index itself holds, so no crash and no
 * backup of either side can make the two disagree about it. The ledger is only read.
 */
export class IndexFeed {
  readonly #ledger: FedLedger
  readonly #open: OpenIndex
  readonly #nowMs: () => number
  readonly #known = new Map<TenantId, Known>()
  readonly #askedAtMs = new Map<TenantId, number>()
  readonly #gone = new Set<TenantId>()
  #name = ''

  constructor(ledger: FedLedger, open: OpenIndex, nowMs: () => number) {
    this.#ledger = ledger
    this.#open = open
    this.#nowMs = nowMs
  }

  /** @throws when the ledger cannot be read; a failure of the index is part of the answer */
  async round(): Promise<FeedRound> {
    const logs = await this.#standing()
    const failures: unknown[] = []
    const before = this.#places(logs)
    let foreign = 0
    try {
      const index = await this.#index()
      for (const log of logs)
        try {
          if ((await this.#tend(index, log)) === 'foreign') foreign += 1
        } catch (error) {
          failures.push(error)
          this.#known.delete(log.tenant)
          // One tenant's trouble is its own, unless nobody is there any more.
          await this.#index()
        }
    } catch (error) {
      return { isAway: true, ...this.#progress(logs, before), foreign, failures: [...failures, error] }
    }
    return { isAway: false, ...this.#progress(logs, before), foreign, failures }
  }

  /** A ledger that was away may come back as a former copy of itself: what the index has is compared with it anew. */
  async #standing(): Promise<readonly LogStanding[]> {
    try {
      const logs = await this.#ledger.standing()
      for (const { tenant, size } of logs)
        if ((this.#known.get(tenant)?.to ?? 0) > size) this.#known.delete(tenant)
      return logs
    } catch (error) {
      this.#known.clear()
      throw error
    }
  }

  async #index(): Promise<FedIndex> {
    const { name, index } = await this.#open()
    if (name === this.#name) return index
    this.#name = name
    for (const memory of [this.#known, this.#askedAtMs, this.#gone]) memory.clear()
    return index
  }

  #places(logs: readonly LogStanding[]): number {
    return logs.reduce((sum, { tenant }) => sum + (this.#known.get(tenant)?.to ?? 0), 0)
  }

  #progress(logs: readonly LogStanding[], before: number): Pick<FeedRound, 'behind' | 'loaded'> {
    const behind = logs
      .filter(({ isDeleted }) => !isDeleted)
      .reduce((sum, { tenant, size }) => sum + Math.max(0, size - (this.#known.get(tenant)?.to ?? 0)), 0)
    return { behind, loaded: Math.max(0, this.#places(logs) - before) }
  }

  async #tend(index: FedIndex, log: LogStanding): Promise<'fed' | 'foreign'> {
    if (log.isDeleted) return this.#dropped(index, log)
    const known = this.#known.get(log.tenant)
    if (known ? this.#isDone(known, log) : log.size === 0) return 'fed'
    if (!known && !(await isOfLedger(this.#ledger, index, log.tenant))) return 'foreign'
    const to = await catchUp(this.#ledger, index, log.tenant, LEAVES_OF_ONE_TURN)
    const followed = known ?? { removed: 0, lookedAtMs: this.#nowMs() }
    this.#known.set(log.tenant, { ...followed, to })
    if (await this.#isRid(index, log)) this.#known.set(log.tenant, { ...this.#followed(log), to })
    return 'fed'
  }

  #followed({ removed }: LogStanding): Pick<Known, 'removed' | 'lookedAtMs'> {
    return { removed, lookedAtMs: this.#nowMs() }
  }

  #isDone({ to, removed, lookedAtMs }: Known, log: LogStanding): boolean {
    return to >= log.size && removed === log.removed && !this.#isOver(lookedAtMs, LOOK_AGAIN_MS)
  }

  /** Whether nothing is in the index that retention removed from the ledger; else it is asked to go. */
  async #isRid(index: FedIndex, { tenant, removed }: LogStanding): Promise<boolean> {
    const known = this.#known.get(tenant)
    if (removed === 0 || (known?.removed === removed && !this.#isOver(known.lookedAtMs, LOOK_AGAIN_MS)))
      return true
    const ranges = joined(await this.#ledger.removed(tenant))
    if (!(await index.holds(tenant, ranges))) return true
    await this.#ask(tenant, () => index.remove(tenant, ranges))
    return false
  }

  async #dropped(index: FedIndex, { tenant }: LogStanding): Promise<'fed'> {
    if (this.#gone.has(tenant)) return 'fed'
    this.#known.delete(tenant)
    if ((await index.loadedTo(tenant)) === 0) this.#gone.add(tenant)
    else await this.#ask(tenant, () => index.drop(tenant))
    return 'fed'
  }

  async #ask(tenant: TenantId, work: () => Promise<void>): Promise<void> {
    if (!this.#isOver(this.#askedAtMs.get(tenant) ?? -Infinity, ASK_AGAIN_MS)) return
    await work()
    this.#askedAtMs.set(tenant, this.#nowMs())
  }

  #isOver(sinceMs: number, limitMs: number): boolean {
    return this.#nowMs() - sinceMs >= limitMs
  }
}

/** Whether what the index has last is what the ledger has there: one of another ledger, or of a former state of this one, is not. */
export async function isOfLedger(
  ledger: Pick<AuditLedger, 'size' | 'leaves'>,
  index: Pick<ApartIndex, 'loadedTo' | 'leaf'>,
  tenant: TenantId,
): Promise<boolean> {
  const to = await index.loadedTo(tenant)
  if (to === 0) return true
  if (to > (await ledger.size(tenant))) return false
  const last = await index.leaf(tenant, to - 1)
  for await (const { bytes } of ledger.leaves(tenant, { from: to - 1, to }))
    return last !== null && Buffer.compare(bytes, last.bytes) === 0
  return true
}

/** Neighbours as one range: retention removes from the beginning on, so there are few. */
function joined(ranges: readonly LeafRange[]): LeafRange[] {
  const found: { from: number; to: number }[] = []
  for (const { from, to } of ranges.toSorted((one, other) => one.from - other.from)) {
    const last = found.at(-1)
    if (last && from <= last.to) last.to = Math.max(last.to, to)
    else found.push({ from, to })
  }
  return found
}
