import { randomUUID } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import { backoffMs } from '@writ/outlets'
import type { Delivered } from '@writ/outlets'
import type { DueOutlet } from '@writ/postgres'
import { Clock } from '../clock.ts'
import type { Tenant } from '../tenancy/admission.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import { failure as failureOf, isAnswer, SEND_BEGIN_MS } from './channels/channel.ts'
import type { Channel, Failure, Sent } from './channels/channel.ts'
import { openChannel } from './channels/open-channel.ts'
import type { ChannelPorts } from './channels/open-channel.ts'
import { DeadLetters } from './dead-letters.ts'
import type { DeadLetter } from './dead-letters.ts'
import { OutletMetrics } from './outlet-metrics.ts'
import { OutletSecrets } from './outlet-secrets.ts'
import { Places } from './places.ts'
import type { Leased } from './places.ts'
import { Reading } from './reading.ts'
import type { Piece } from './reading.ts'

/** So long one outlet goes on before others have their turn. */
const TURN_MS = 5000
/** A record that a receiver refused so often by itself is left behind, as soon as the receiver takes one after it. */
export const MOST_REFUSALS = 6
/**
 * So often a record goes out to a receiver that cuts the connection or falls silent, before it is asked whether it is there: by the backoff
 * that is more than eleven minutes.
 */
export const MOST_UNANSWERED = 13
/** So many records after it are tried at most, one more with each refusal: one call leaves two records, and a receiver may choke on both. */
const MOST_AHEAD = 32

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
    if (now.testId !== null) {
      await this.#test(now, turn)
      now = await this.#renewed(now, turn)
    }
    while (now !== null && !now.isPaused) {
      if (!(await this.#step(now, turn))) return
      if (performance.now() >= endsAtMs || turn.ports.way.signal.aborted) return
      now = await this.#renewed(now, turn)
    }
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
    const gone = goneIn(piece)
    if (gone !== null) return this.#leaveBehind(leased, [gone], 0, turn)
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

  /** A receiver that takes a later record was there all along: then, and only then, those that it refused before that one are left behind. */
  async #refused(leased: Leased, failed: Failure, turn: Turn): Promise<boolean> {
    if (!isAnswer(failed)) return this.#unanswered(leased, failed, turn)
    const isSuspect = leased.width === 1 && leased.refusals + 1 >= MOST_REFUSALS
    const letters = isSuspect ? await this.#untilTaken(leased, failed, turn) : null
    if (letters === null) return this.#fail(leased, failed, turn)
    if (await this.#leaveBehind(leased, letters, 1, turn)) this.metrics.delivered(leased.target.kind, 1)
    return true
  }

  /** A receiver that takes a test event, and cuts the connection or falls silent for this record before and after it, is there and refuses it. */
  async #unanswered(leased: Leased, failed: Failure, turn: Turn): Promise<boolean> {
    const isSuspect = leased.width === 1 && leased.failures + 1 >= MOST_UNANSWERED && !isOurs(leased)
    const isThere = isSuspect && (await this.#isThere(leased, turn))
    return isThere ? this.#onceMore(leased, turn) : this.#fail(leased, failed, turn)
  }

  async #onceMore(leased: Leased, turn: Turn): Promise<boolean> {
    const { delivered } = await this.#read(leased, leased.nextLeaf, 1, turn)
    if (delivered.length === 0) return true
    const { failure } = await turn.channel.send(delivered)
    if (failure === null) {
      if (await this.#leaveBehind(leased, [], 1, turn)) this.metrics.delivered(leased.target.kind, 1)
      return true
    }
    if (isAnswer(failure) || turn.ports.way.signal.aborted) return this.#fail(leased, failure, turn)
    return this.#leaveBehind(leased, [refusedLetter(leased.nextLeaf, failure, leased.failures + 2)], 0, turn)
  }

  /** Asked with an event that is about nothing; the lease goes on meanwhile. */
  async #isThere(leased: Leased, turn: Turn): Promise<boolean> {
    const event = { tenant: turn.tenant.id, id: randomUUID(), atMs: this.clock.nowMs() }
    const failed = await turn.channel.test(event)
    return failed === null && (await this.#renewed(leased, turn)) !== null
  }

  /** What stands before the first later record that the receiver takes, and was refused or is gone; null: it takes none of those tried. */
  async #untilTaken(leased: Leased, failed: Failure, turn: Turn): Promise<DeadLetter[] | null> {
    const letters = [refusedLetter(leased.nextLeaf, failed, leased.refusals + 1)]
    const most = Math.min(leased.refusals + 2 - MOST_REFUSALS, MOST_AHEAD)
    const overMs = performance.now() + SEND_BEGIN_MS
    for (let tried = 0; tried < most && performance.now() < overMs;) {
      const next = await this.#trial(leased, letters.at(-1)?.to ?? leased.nextLeaf, turn)
      if (next === 'taken') return letters
      if (next === null) return null
      letters.push(next)
      if (next.reason === 'refused') tried += 1
    }
    return null
  }

  /** One record by itself: taken, or why it may be left behind; null where nobody can say. */
  async #trial(leased: Leased, leaf: number, turn: Turn): Promise<'taken' | DeadLetter | null> {
    const piece = await this.#read(leased, leaf, 1, turn)
    const gone = goneIn(piece)
    if (gone !== null || piece.delivered.length === 0) return gone
    const { failure } = await turn.channel.send(piece.delivered)
    if (failure === null) return 'taken'
    return isAnswer(failure) ? refusedLetter(leaf, failure, 1) : null
  }

  /** Behind the last letter, and behind what was delivered after it. @returns false when the lease was lost: then nothing is left behind here */
  async #leaveBehind(
    leased: Leased,
    letters: readonly DeadLetter[],
    delivered: number,
    { tenant }: Turn,
  ): Promise<boolean> {
    const to = (letters.at(-1)?.to ?? leased.nextLeaf) + delivered
    const isMoved = await this.tenancy.run(tenant, async (db) => {
      if (!(await this.places.advance(db, leased, to, delivered))) return false
      for (const letter of letters) await this.deadLetters.add(db, leased, letter)
      return true
    })
    if (isMoved) for (const _ of letters) this.metrics.deadLetter(leased.target.kind)
    return isMoved
  }

  async #fail(leased: Leased, failed: Failure, turn: Omit<Turn, 'channel'>): Promise<false> {
    if (turn.ports.way.signal.aborted) return false
    const waitMs = backoffMs(leased.failures + 1, turn.ports.random(), failed.retryAfterMs)
    await this.tenancy.run(turn.tenant, (db) =>
      this.places.fail(db, leased, failed, { waitMs, isRefusal: isAnswer(failed) }),
    )
    this.metrics.failed(leased.target.kind, failed.code)
    return false
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

/** A file or standard output chokes on nothing that a record says; but a disk may have room for a test event only. */
const isOurs = ({ target: { kind } }: Leased): boolean => kind === 'file' || kind === 'stdout'

const refusedLetter = (leaf: number, { code, detail }: Failure, tries: number): DeadLetter => ({
  leaf,
  to: leaf + 1,
  reason: 'refused',
  detail: `${code}: ${detail}`,
  tries,
})

/** What cannot be delivered any more, by name; null: the first of them can. */
function goneIn({ missing, unreadable }: Piece): DeadLetter | null {
  if (missing)
    return {
      leaf: missing.from,
      to: missing.to,
      reason: 'expired',
      detail: 'retention removed these records before they went out',
      tries: 0,
    }
  if (unreadable === null) return null
  const detail = 'the stored record can no longer be read: verify the ledger'
  return { leaf: unreadable, to: unreadable + 1, reason: 'unreadable', detail, tries: 0 }
}
