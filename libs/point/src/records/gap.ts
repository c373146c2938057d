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
      await this.#end(tenant, gap)
      return false
    }
    this.#shed += 1
    if (gap === undefined) await this.#begin(tenant)
    else gap.records += 1
    return true
  }

  /** Ends what is over also for tenants that say nothing more, and tells what a failed disk has lost of what it had taken. */
  async settle(): Promise<void> {
    if (this.#isCalm()) for (const [tenant, gap] of this.#open) await this.#end(tenant, gap)
    const since = this.#now()
    for (const [stream, records] of this.#ports.spool.takeLost()) {
      this.#ports.report('records that were written may not be on the disk', { records })
      const tenant = TenantIdSchema.parse(partsOfStream(stream).tenant)
      await this.#say(tenant, { cause: 'unsynced', state: 'ended', records, since })
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

  /** One that cannot be said yet stays open, and goes on counting. */
  async #end(tenant: TenantId, gap: Gap): Promise<void> {
    const { since, records } = gap
    this.#open.delete(tenant)
    if (await this.#say(tenant, { cause: 'shed', state: 'ended', records, since })) {
      this.#ports.report('records of a tenant in standard were left out', { tenant, records })
      return
    }
    const meanwhile = this.#open.get(tenant)?.records ?? 0
    this.#open.set(tenant, { since, records: records + meanwhile })
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
