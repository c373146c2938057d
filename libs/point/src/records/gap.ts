import { partsOfStream } from '@writ/audit'
import type { BootId, Channel, RecordedGap, TenantId } from '@writ/contracts'
import { TenantId as TenantIdSchema } from '@writ/contracts'
import type { Clock } from '@writ/enforcement'
import { decisionIdOf, ownRecord } from './own-record.ts'
import type { OwnRecord } from './own-record.ts'
import type { Spool } from './spool.ts'
import { CALM_SHARE } from './spool-limits.ts'
import type { StreamLog } from './stream-log.ts'

type Gap = { readonly since: string; records: number }

export type GapPorts = {
  readonly spool: Spool
  readonly log: StreamLog
  readonly newBoot: () => BootId
  /** of what the point mediates; `gateway` unless told */
  readonly channel?: Channel
  readonly clock: Clock
  /** hears of each tenant whose records begin to be left out, and how many were when that ends */
  readonly report: (problem: string, detail: unknown) => void
}

/**
 * What is left out of the records of tenants that took that upon themselves (`standard`), while the spool is nearly full: counted, and said
 * in the stream itself, before the first and after the last.
 */
export class Gaps {
  readonly #ports: GapPorts
  readonly #open = new Map<TenantId, Gap>()
  /** what a failed disk has lost, and no stream says yet */
  readonly #unsynced = new Map<TenantId, Gap>()
  #shed = 0

  constructor(ports: GapPorts) {
    this.#ports = ports
  }

  /** Records that were left out since the start. */
  get shed(): number {
    return this.#shed
  }

  /** Whether one more record of this tenant is left out; when it is, it is counted. */
  async leavesOut(tenant: TenantId): Promise<boolean> {
    const gap = this.#open.get(tenant)
    if (gap === undefined && !this.#isTight()) return false
    if (gap !== undefined && this.#isCalm()) {
      await this.#end(tenant)
      return false
    }
    this.#shed += 1
    if (gap === undefined) await this.#begin(tenant)
    else gap.records += 1
    return true
  }

  /** Ends what is over also for tenants that say nothing more, and tells what a failed disk has lost of what it had taken. */
  async settle(): Promise<void> {
    if (this.#isCalm()) await this.#endAll()
    await this.#tellLost()
  }

  /** What is counted here and nowhere else is said before the process ends. */
  async close(): Promise<void> {
    await this.#endAll()
    await this.#tellLost()
  }

  /** Of a copy, as below: what cannot be said yet is put back, and would be met again without end. */
  async #endAll(): Promise<void> {
    for (const tenant of new Set(this.#open.keys())) await this.#end(tenant)
  }

  async #tellLost(): Promise<void> {
    this.#hearOfLost()
    for (const [tenant, gap] of new Map(this.#unsynced))
      await this.#sayEnded(this.#unsynced, tenant, { ...gap, cause: 'unsynced' })
  }

  #hearOfLost(): void {
    for (const [stream, records] of this.#ports.spool.takeLost()) {
      this.#ports.report('records that were written may not be on the disk', { records })
      const tenant = TenantIdSchema.parse(partsOfStream(stream).tenant)
      const before = this.#unsynced.get(tenant) ?? { since: this.#now(), records: 0 }
      this.#unsynced.set(tenant, { since: before.since, records: before.records + records })
    }
  }

  #isTight(): boolean {
    const { pressure } = this.#ports.spool
    return pressure === 'shed' || pressure === 'full'
  }

  #isCalm(): boolean {
    const { usedBytes, boundBytes, pressure } = this.#ports.spool
    return pressure !== 'full' && usedBytes < CALM_SHARE * boundBytes
  }

  async #begin(tenant: TenantId): Promise<void> {
    const since = this.#now()
    this.#open.set(tenant, { since, records: 1 })
    this.#ports.report('the spool is nearly full: records of tenants in standard are left out', { tenant })
    await this.#say(tenant, { cause: 'shed', state: 'begun', records: 0, since })
  }

  async #end(tenant: TenantId): Promise<void> {
    const gap = this.#open.get(tenant)
    // A call of the tenant may have ended it meanwhile.
    if (gap === undefined) return
    if (await this.#sayEnded(this.#open, tenant, { ...gap, cause: 'shed' }))
      this.#ports.report('records of a tenant in standard were left out', { tenant, records: gap.records })
  }

  /** One that cannot be said yet, as while a failed disk rests, stays where it is, and goes on counting. */
  async #sayEnded(
    among: Map<TenantId, Gap>,
    tenant: TenantId,
    { cause, since, records }: Gap & Pick<RecordedGap, 'cause'>,
  ): Promise<boolean> {
    among.delete(tenant)
    if (await this.#say(tenant, { cause, state: 'ended', records, since })) return true
    const meanwhile = among.get(tenant)?.records ?? 0
    among.set(tenant, { since, records: records + meanwhile })
    return false
  }

  async #say(tenant: TenantId, gap: RecordedGap): Promise<boolean> {
    const to = { tenant, lane: 'standard', room: 'reserve' } as const
    const said = await this.#ports.log.append(to, (writing) => ownRecord(this.#gapOf(tenant, gap), writing))
    return said !== null
  }

  #gapOf(tenant: TenantId, gap: RecordedGap): OwnRecord {
    const { channel = 'gateway', newBoot } = this.#ports
    const decisionId = decisionIdOf(newBoot())
    return { kind: 'gap', decisionId, tenant, channel, outcome: 'failed', gap }
  }

  #now(): string {
    return new Date(this.#ports.clock.nowMs()).toISOString()
  }
}
