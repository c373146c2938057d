import { Injectable } from '@nestjs/common'
import { backoffMs } from '@writ/outlets'
import type { Delivered } from '@writ/outlets'
import type { DueOutlet } from '@writ/postgres'
import { Clock } from '../clock.ts'
import type { Tenant } from '../tenancy/admission.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import { failure as failureOf, isAnswer } from './channels/channel.ts'
import type { Channel, Failure, Sent } from './channels/channel.ts'
import { openChannel } from './channels/open-channel.ts'
import type { ChannelPorts } from './channels/open-channel.ts'
import { DeadLetters } from './dead-letters.ts'
import { OutletMetrics } from './outlet-metrics.ts'
import { OutletSecrets } from './outlet-secrets.ts'
import { Places } from './places.ts'
import type { Leased } from './places.ts'
import { Reading } from './reading.ts'
import type { Piece } from './reading.ts'

/** So long one outlet goes on before others have their turn. */
const TURN_MS = 5000
/** A record that a receiver refused so often by itself is left behind, as soon as the receiver takes the one after it. */
export const MOST_REFUSALS = 6

/** The ways out, and when to stop. Made by the deliverer. */
export type DeliveryPorts = Omit<ChannelPorts, 'clock'> & {
  readonly holder: string
  readonly random: () => number
}

type Turn = { readonly tenant: Tenant; readonly channel: Channel; readonly ports: DeliveryPorts }

const FAILED = failureOf('failed', 'the control plane could not deliver')

/**
 * Delivers one outlet for a while, under its lease. No transaction is open while a receiver is waited for. The place moves behind what was
 * delivered, in the order of the leaves, and only under the lease: a process that dies in between delivers again, under the same ids.
 */
@Injectable()
export class Delivery {
  // oxlint-disable-next-line max-params -- injected
  constructor(
    private readonly clock: Clock,
    private readonly tenancy: Tenancy,
    private readonly places: Places,
    private readonly reading: Reading,
    private readonly deadLetters: DeadLetters,
    private readonly secrets: OutletSecrets,
    private readonly metrics: OutletMetrics,
  ) {}

  async deliver({ tenantId, slug, id }: DueOutlet, ports: DeliveryPorts): Promise<void> {
    const tenant: Tenant = { id: tenantId, slug }
    const leased = await this.tenancy.run(tenant, (db) => this.places.lease(db, id, ports.holder))
    if (!leased) return
    try {
      await this.#underLease(leased, tenant, ports)
    } catch (error) {
      // Ours, not the receiver's: it is tried again all the same, and not at once.
      await this.#fail(leased, FAILED, { tenant, ports })
      throw error
    } finally {
      await this.tenancy.run(tenant, (db) => this.places.release(db, leased))
    }
  }

  async #underLease(leased: Leased, tenant: Tenant, ports: DeliveryPorts): Promise<void> {
    const secrets = await this.tenancy.run(tenant, (db) => this.secrets.open(db, leased.id))
    const name = `${tenant.slug}_${tenant.id}`
    const channel = openChannel(leased.target, secrets, name, { ...ports, clock: this.clock })
    try {
      await this.#turn(leased, { tenant, channel, ports })
    } finally {
      await channel.close()
    }
  }

  async #turn(leased: Leased, turn: Turn): Promise<void> {
    const endsAtMs = performance.now() + TURN_MS
    let now: Leased | null = leased
    if (now.testId !== null) await this.#test(now, turn)
    if (now.isPaused) return
    do {
      if (!(await this.#step(now, turn))) return
      now = await this.#renewed(now, turn)
    } while (now !== null && !now.isPaused && performance.now() < endsAtMs && !turn.ports.way.signal.aborted)
  }

  #renewed(leased: Leased, { tenant }: Turn): Promise<Leased | null> {
    return this.tenancy.run(tenant, (db) => this.places.renew(db, leased))
  }

  async #test(leased: Leased, { tenant, channel }: Turn): Promise<void> {
    const failed = await channel.test({
      tenant: tenant.id,
      id: leased.testId ?? '',
      atMs: this.clock.nowMs(),
    })
    await this.tenancy.run(tenant, (db) => this.places.endTest(db, leased, failed))
  }

  /** @returns whether there may be more to do at once */
  async #step(leased: Leased, turn: Turn): Promise<boolean> {
    const again = await this.tenancy.run(turn.tenant, (db) => this.deadLetters.nextAgain(db, leased))
    if (again !== null) return this.#tryAgain(leased, again.leaf, turn)
    const piece = await this.#read(leased, leased.nextLeaf, leased.width, turn)
    if (piece.missing !== null || piece.unreadable !== null) return this.#passOver(leased, piece, turn)
    if (piece.delivered.length === 0) return false
    const sent = await turn.channel.send(piece.delivered)
    return this.#settle(leased, sent, turn)
  }

  #read(leased: Leased, from: number, most: number, { tenant }: Turn): Promise<Piece> {
    const { discloses } = leased
    return this.tenancy.run(tenant, (db) => this.reading.next(db, { from, most, discloses }))
  }

  async #settle(leased: Leased, { delivered, failure }: Sent, turn: Turn): Promise<boolean> {
    if (delivered > 0) {
      await this.tenancy.run(turn.tenant, (db) =>
        this.places.advance(db, leased, leased.nextLeaf + delivered, delivered),
      )
      this.metrics.delivered(leased.target.kind, delivered)
    }
    if (failure === null) return true
    // Behind what was delivered another record stands at the place: it begins anew.
    return delivered > 0
      ? this.#fail({ ...leased, failures: 0 }, failure, turn)
      : this.#refused(leased, failure, turn)
  }

  /** A receiver that takes the next record was there all along: then, and only then, one that it refuses is left behind. */
  async #refused(leased: Leased, failed: Failure, turn: Turn): Promise<boolean> {
    const isPoison =
      isAnswer(failed) &&
      leased.width === 1 &&
      leased.refusals + 1 >= MOST_REFUSALS &&
      (await this.#takesNext(leased, turn))
    if (!isPoison) return this.#fail(leased, failed, turn)
    const { nextLeaf, refusals } = leased
    await this.tenancy.run(turn.tenant, async (db) => {
      const detail = `${failed.code}: ${failed.detail}`
      const letter = {
        leaf: nextLeaf,
        to: nextLeaf + 1,
        reason: 'refused',
        detail,
        tries: refusals + 1,
      } as const
      await this.deadLetters.add(db, leased, letter)
      await this.places.advance(db, leased, nextLeaf + 2, 1)
    })
    this.metrics.delivered(leased.target.kind, 1)
    this.metrics.deadLetter(leased.target.kind)
    return true
  }

  async #takesNext(leased: Leased, turn: Turn): Promise<boolean> {
    const { delivered } = await this.#read(leased, leased.nextLeaf + 1, 1, turn)
    return delivered.length > 0 && (await turn.channel.send(delivered)).failure === null
  }

  async #fail(leased: Leased, failed: Failure, turn: Omit<Turn, 'channel'>): Promise<false> {
    if (turn.ports.way.signal.aborted) return false
    const waitMs = backoffMs(leased.failures + 1, turn.ports.random(), failed.retryAfterMs)
    await this.tenancy.run(turn.tenant, (db) =>
      this.places.fail(db, leased, failed, { waitMs, narrower: isAnswer(failed) }),
    )
    this.metrics.failed(leased.target.kind, failed.code)
    return false
  }

  /** What cannot be delivered any more, by name. */
  async #passOver(leased: Leased, { missing, unreadable }: Piece, turn: Turn): Promise<boolean> {
    const [from, to] = missing ? [missing.from, missing.to] : [unreadable ?? 0, (unreadable ?? 0) + 1]
    const why = missing
      ? ({ reason: 'expired', detail: 'retention removed these records before they went out' } as const)
      : ({
          reason: 'unreadable',
          detail: 'the stored record can no longer be read: verify the ledger',
        } as const)
    await this.tenancy.run(turn.tenant, async (db) => {
      await this.deadLetters.add(db, leased, { leaf: from, to, tries: 0, ...why })
      await this.places.advance(db, leased, to, 0)
    })
    this.metrics.deadLetter(leased.target.kind)
    return true
  }

  async #tryAgain(leased: Leased, leaf: number, turn: Turn): Promise<boolean> {
    const piece = await this.#read(leased, leaf, 1, turn)
    const sent = await this.#sentAgain(piece.delivered, turn)
    await this.tenancy.run(turn.tenant, (db) =>
      sent === null
        ? this.deadLetters.remove(db, leased, leaf)
        : this.deadLetters.keep(db, leased, leaf, `${sent.code}: ${sent.detail}`),
    )
    if (sent === null) this.metrics.delivered(leased.target.kind, 1)
    return true
  }

  async #sentAgain(delivered: readonly Delivered[], turn: Turn): Promise<Failure | null> {
    if (delivered.length === 0)
      return { code: 'failed', detail: 'the record is not there any more', retryAfterMs: 0 }
    return (await turn.channel.send(delivered)).failure
  }
}
