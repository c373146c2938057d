import { Readable } from 'node:stream'
import { Injectable } from '@nestjs/common'
import { mayDo } from '@writ/contracts'
import type { PackKind, PackQuery, PackView } from '@writ/contracts'
import { Administrations } from '../administration/administrations.ts'
import { Clock } from '../clock.ts'
import { newId } from '../ids-and-secrets.ts'
import { badRequest, conflict, forbidden, gone, notFound, overLimit } from '../http/problem.ts'
import type { Page } from '../http/page.ts'
import type { Admission, Tenant } from '../tenancy/admission.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { addPack, countPacks, endPack, packById, packsBefore, takeTurn, viewOf } from './store.ts'
import type { PackRow } from './store.ts'

/** Packs of one tenant that wait or are made, and that have a file. */
const MOST_PENDING = 3
const MOST_KEPT = 20

/** A file on its way out. */
export type PackFile = {
  readonly name: string
  readonly sizeBytes: number
  readonly sha256: string
  readonly bytes: Readable
}

/** Packs as they are asked for. Who makes them is `PackMaker`. Asking and downloading are recorded; the auditor may both. */
@Injectable()
export class PacksService {
  constructor(
    private readonly clock: Clock,
    private readonly tenancy: Tenancy,
    private readonly administrations: Administrations,
  ) {}

  /** @throws 400 for leaves that the log does not have and for times of a year 0, 409 for a log without records or a tenant that has enough packs */
  async request(db: TenantDb, admission: Admission, query: PackQuery): Promise<PackView> {
    requireYears(query)
    await takeTurn(db)
    const { pending, kept } = await countPacks(db)
    if (pending >= MOST_PENDING) throw overLimit('packs under way', MOST_PENDING)
    if (kept >= MOST_KEPT) throw overLimit('packs with a file', MOST_KEPT)
    const logSize = await logSizeOf(db)
    if (logSize === 0) throw conflict('this tenant has no records yet')
    requireLeaves(query, logSize)
    const nowMs = this.clock.nowMs()
    const id = newId('pak', nowMs)
    const disclosed = query.disclose !== false && maySeePersonal(admission)
    await addPack(db, {
      id,
      kind: kindOf(query),
      query,
      by: admission.by,
      at: new Date(nowMs),
      disclosed,
      logSize,
    })
    const view = viewOf(await found(db, id))
    await this.#record(db, admission, { route: 'POST /api/v1/audit/packs', id, before: null, after: view })
    return view
  }

  async page(
    db: TenantDb,
    { limit, after }: { readonly limit: number; readonly after: string },
  ): Promise<Page<PackView>> {
    const rows = await packsBefore(db, after, limit + 1)
    const shown = rows.slice(0, limit)
    return { items: shown.map(viewOf), next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null }
  }

  async view(db: TenantDb, id: string): Promise<PackView> {
    return viewOf(await found(db, id))
  }

  /** Ends one that waits or is made, and removes the file of one that is done. @throws 409 when there is nothing to end */
  async cancel(db: TenantDb, admission: Admission, id: string): Promise<PackView> {
    const before = viewOf(await found(db, id))
    const ended = await endPack(db, id, 'cancelled')
    if (!ended) throw conflict(`this pack is ${before.state}: there is nothing to cancel`)
    const after = viewOf(ended)
    await this.#record(db, admission, { route: 'DELETE /api/v1/audit/packs/{id}', id, before, after })
    return after
  }

  /** @throws 403 for one with opened personal fields when whoever asks may not see them, 409 before it is done, 410 after its time */
  async file(db: TenantDb, admission: Admission, id: string): Promise<PackFile> {
    const row = await found(db, id)
    if (row.disclosed && !maySeePersonal(admission))
      throw forbidden('this pack opens personal fields, which your role may not see: ask for one of your own')
    const { file, state, requestedAt } = viewOf(row)
    if (state === 'expired' || state === 'cancelled') throw gone(`this pack is ${state}: ask for it again`)
    if (!file) throw conflict(`this pack is ${state}: it has no file`)
    await this.#record(db, admission, {
      route: 'GET /api/v1/audit/packs/{id}/file',
      id,
      before: null,
      after: { sha256: file.sha256 },
    })
    const name = `${db.tenant.slug}-${requestedAt.slice(0, 10)}-${id.slice(-6)}.zip`
    return { name, sizeBytes: file.sizeBytes, sha256: file.sha256, bytes: this.#bytes(db.tenant, id) }
  }

  /** Nothing is read before somebody takes from the stream, and then one piece at a time. */
  #bytes(tenant: Tenant, id: string): Readable {
    return Readable.from(this.#pieces(tenant, id), { objectMode: false, highWaterMark: 1 })
  }

  async *#pieces(tenant: Tenant, id: string): AsyncGenerator<Buffer> {
    for (let at = 0; ; at += 1) {
      const row = await this.tenancy.run(tenant, (db) => db.first<{ piece: Buffer }>(PIECE, [id, at]))
      if (row) yield row.piece
      else if (await this.tenancy.run(tenant, (db) => isWhole(db, id))) return
      else throw new Error('the pack expired while it was downloaded')
    }
  }

  #record(
    db: TenantDb,
    { by }: Admission,
    {
      id,
      ...event
    }: { readonly route: string; readonly id: string; readonly before: unknown; readonly after: unknown },
  ): Promise<void> {
    return this.administrations.record(db, { ...event, permission: 'records.export', by, target: id })
  }
}

const PIECE = 'select piece from writ.pack_pieces where tenant_id = $1 and pack_id = $2 and at = $3'

const isWhole = async (db: TenantDb, id: string): Promise<boolean> =>
  (await packById(db, id))?.state === 'done'

/** Whether the roles of whoever asks let them see what is sealed to people. */
const maySeePersonal = ({ roles }: Admission): boolean => mayDo(roles, 'personal.read')

async function found(db: TenantDb, id: string): Promise<PackRow> {
  const row = await packById(db, id)
  if (!row) throw notFound()
  return row
}

async function logSizeOf(db: TenantDb): Promise<number> {
  const log = await db.first<{ size: number }>(
    'select size::float8 as size from writ.tenant_logs where tenant_id = $1',
  )
  return log?.size ?? 0
}

function requireLeaves({ leaves }: PackQuery, logSize: number): void {
  const [from, to] = [leaves?.from ?? 0, leaves?.to ?? logSize]
  const path = from >= logSize ? 'leaves.from' : 'leaves.to'
  if (from >= logSize || to > logSize)
    throw badRequest(`the log has ${logSize} records, from leaf 0 on`, [
      { path, message: `must be within ${logSize}` },
    ])
}

/** Postgres has no year 0: what asks for one would fail when it is made. */
function requireYears({ time, filter }: PackQuery): void {
  const moments = Object.entries({
    'time.since': time?.since,
    'time.until': time?.until,
    'filter.from': filter?.from,
    'filter.until': filter?.until,
  })
  const errors = moments
    .filter(([, at]) => at?.startsWith('0000-'))
    .map(([path]) => ({ path, message: 'must be of the year 1 or later' }))
  if (errors.length > 0) throw badRequest('there is no year 0', errors)
}

function kindOf({ filter, withHashes }: PackQuery): PackKind {
  if (filter === undefined) return 'range'
  return withHashes ? 'filter-with-hashes' : 'filter'
}
