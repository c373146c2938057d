import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { Injectable } from '@nestjs/common'
import type { BeforeApplicationShutdown } from '@nestjs/common'
import { PlaceInQuery, RecordFilter, wholeNumber } from '@writ/contracts'
import { searchLeaves } from '@writ/postgres'
import { z } from 'zod'
import { forbidden, ProblemError } from '../http/problem.ts'
import type { RimRequest } from '../http/request.ts'
import { AccessCheck } from '../tenancy/access-check.ts'
import type { Admission } from '../tenancy/admission.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { pieceOf } from './live-piece.ts'
import type { Piece } from './live-piece.ts'

/** @example `?outcome=deny`: those only; `seconds`: it ends after so long, and the reader comes again; `after`: where it begins, else now */
export const LiveQuery = RecordFilter.extend({
  after: PlaceInQuery.optional(),
  seconds: wholeNumber({ min: 0, max: 3600 }).default(3600),
})
export type LiveQuery = z.infer<typeof LiveQuery>

const LOOK_EVERY_MS = 1000
const HEARTBEAT_MS = 15_000
const RECORDS_AT_ONCE = 50
/** What waits in memory for a reader that does not read. */
const BUFFER_BYTES = 64 * 1024
const MOST_OF_ONE_TENANT = 20
const MOST_IN_ALL = 200

/** Before the first record of a log stands -1, and a heartbeat of an empty log says so. */
const PLACE = /^(?:-1|\d{1,15})$/

/**
 * Tails of tenants' logs. Nothing is read from the ledger before the reader has taken what was read before it, so a slow one costs no
 * memory, and misses nothing: the place is a leaf index. Whoever reads is asked for their permission again each time.
 */
@Injectable()
export class LiveRecords implements BeforeApplicationShutdown {
  readonly #open = new Map<string, number>()
  readonly #stop = new AbortController()
  /** whoever takes nothing for so long reads no more, and its place is somebody else's */
  protected readonly stallMs: number = 60_000

  constructor(
    private readonly access: AccessCheck,
    private readonly tenancy: Tenancy,
  ) {}

  beforeApplicationShutdown(): void {
    this.#stop.abort()
  }

  /** @throws 429 where too many are open */
  open(request: RimRequest, query: LiveQuery, lastEventId: string | undefined): Readable {
    const { admission } = request
    if (!admission) throw new Error('this route is not a route of a tenant')
    const { tenantId } = admission
    this.#enter(tenantId)
    const { after, seconds, ...filter } = query
    const resumed = PLACE.test(lastEventId ?? '') ? Number(lastEventId) : after
    const gone = new AbortController()
    const leave = () => gone.abort()
    request.raw.socket.once('close', leave)
    const stalled = setTimeout(() => stream.destroy(), this.stallMs).unref()
    const events = this.#events({
      request,
      filter,
      after: resumed,
      untilMs: performance.now() + seconds * 1000,
      over: AbortSignal.any([gone.signal, this.#stop.signal]),
      isTaken: () => stalled.refresh(),
    })
    const stream = Readable.from(events, { objectMode: false, highWaterMark: BUFFER_BYTES })
    return stream.once('close', () => {
      clearTimeout(stalled)
      request.raw.socket.off('close', leave)
      this.#leave(tenantId)
    })
  }

  async *#events({ request, filter, after, untilMs, over, isTaken }: Tail): AsyncGenerator<string> {
    let place = after
    let saidMs = -Infinity
    for (;;) {
      isTaken()
      const look = await this.#look(request, filter, place).catch(endOf)
      if ('reason' in look) {
        yield `event: end\ndata: ${JSON.stringify(look)}\n\n`
        return
      }
      for (const event of look.events) {
        yield event
        isTaken()
      }
      place = look.place
      const nowMs = performance.now()
      if (look.events.length > 0) saidMs = nowMs
      if (nowMs - saidMs >= HEARTBEAT_MS) {
        yield `id: ${place}\nevent: heartbeat\ndata: {}\n\n`
        saidMs = nowMs
      }
      if (nowMs >= untilMs || over.aborted) return
      if (!look.isMore) await pause(LOOK_EVERY_MS, undefined, { signal: over }).catch(() => {})
    }
  }

  /** @throws a problem once the reader may not read any more */
  async #look(request: RimRequest, filter: RecordFilter, place: number | undefined): Promise<Piece> {
    const admission = await this.#admission(request)
    return this.tenancy.runById(admission.tenantId, (db, isSuspended) => {
      if (isSuspended && !admission.roles.includes('owner')) throw forbidden('this tenant is suspended')
      return newOf(db, filter, place)
    })
  }

  // On the side: what the first admission said stays what it was.
  async #admission(request: RimRequest): Promise<Admission> {
    const again: RimRequest = Object.create(request)
    await this.access.admit(again, 'records.read')
    if (again.admission?.tenantId !== request.admission?.tenantId || !again.admission)
      throw forbidden('this is another tenant now')
    return again.admission
  }

  #enter(tenant: string): void {
    const [own, all] = [
      this.#open.get(tenant) ?? 0,
      [...this.#open.values()].reduce((sum, one) => sum + one, 0),
    ]
    if (own >= MOST_OF_ONE_TENANT || all >= MOST_IN_ALL)
      throw new ProblemError(
        { title: 'Too Many Requests', status: 429, detail: 'too many live tails are open' },
        { 'retry-after': '10' },
      )
    this.#open.set(tenant, own + 1)
  }

  #leave(tenant: string): void {
    const left = (this.#open.get(tenant) ?? 1) - 1
    if (left === 0) this.#open.delete(tenant)
    else this.#open.set(tenant, left)
  }
}

type Tail = {
  readonly request: RimRequest
  readonly filter: RecordFilter
  readonly after: number | undefined
  readonly untilMs: number
  /** nobody reads any more, or this control plane stops */
  readonly over: AbortSignal
  /** told whenever the reader has taken what it was given */
  readonly isTaken: () => void
}

/** Only what the reader is to know: a failure of ours ends it too, and is none of their business. */
const endOf = (error: unknown): { reason: string } => ({
  reason: error instanceof ProblemError ? (error.problem.detail ?? error.problem.title) : 'try again',
})

async function newOf({ manager }: TenantDb, filter: RecordFilter, place: number | undefined): Promise<Piece> {
  // Before the search: what it finds beyond is found again, and what is not yet there is not passed over.
  const [log] = await manager.query(
    'select coalesce(max(size), 0)::float8 as size from writ.tenant_logs where tenant_id = app.tid()',
  )
  const end: number = log.size - 1
  const after = place ?? end
  if (after >= end) return { events: [], place: Math.max(after, end), isMore: false }
  const page = await searchLeaves(manager, { filter, order: 'oldest', limit: RECORDS_AT_ONCE, after })
  return pieceOf(page, end)
}
