import { AsyncResource } from 'node:async_hooks'
import { EventEmitter, once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals'
import { SubjectKeys } from '../personal/subject-keys.ts'
import { Tenancy } from '../tenancy/tenancy.ts'
import type { TenantDb } from '../tenancy/tenant-db.ts'
import { givenPacks, membersIn } from './given-packs.suite.ts'
import type { PackWorld } from './given-packs.suite.ts'
import { PackLease } from './lease.ts'
import { forgetPacks } from './store.ts'

jest.setTimeout(60_000)

let world: PackWorld

beforeAll(async () => {
  world = await givenPacks()
})
afterAll(() => world?.close())

it('a pack that is asked for while somebody is erased does not keep their name', async () => {
  const tenant = await world.audited()
  await world.record(tenant, 10)
  await world.made(tenant)
  const keys = world.plane.app.get(SubjectKeys)
  const erasure = new EventEmitter()
  const forgotten = once(erasure, 'forgotten')
  const erasing = world.plane.app.get(Tenancy).run(tenant, async (db) => {
    await keys.destroy(db, tenant.human)
    await forgetPacks(db, tenant.human)
    erasure.emit('forgotten')
    await once(erasure, 'over')
  })
  await forgotten
  const { id } = (await world.ask(tenant)).body
  await pause(4000)
  erasure.emit('over')
  await erasing
  const pack = await world.settled(tenant, id)
  const members = membersIn(await world.download(tenant, id))
  expect([pack.state, members.get('disclosures.jsonl')?.toString('utf8')]).toEqual(['done', ''])
})

it('a pack that is done while somebody is erased is forgotten with the others', async () => {
  const tenant = await world.audited()
  const tenancy = world.plane.app.get(Tenancy)
  const id = 'pak_of_that_moment'
  await world.plane.query(
    `insert into writ.packs (tenant_id, id, kind, query, requested_by, requested_at, disclosed, log_size, due_at)
     values ($1, $2, 'range', '{}', '{}', now(), true, 1, '2999-01-01')`,
    [tenant.id, id],
  )
  const lease = new PackLease({ nowMs: Date.now }, tenancy, { tenant, id }, () => false)
  await lease.take()
  await lease.addPiece(Buffer.from('Ada Lovelace'))
  const finished = () => lease.finish({ sizeBytes: 12, sha256: 'x', expiresAt: new Date() }).catch(() => null)
  const finishing: Promise<unknown>[] = []
  await tenancy.run(tenant, async (db) => {
    const meanwhile: TenantDb = Object.create(db)
    meanwhile.rows = async <Row>(sql: string, parameters?: readonly unknown[]) => {
      const rows = await db.rows<Row>(sql, parameters)
      if (finishing.length === 0) finishing.push(ELSEWHERE.runInAsyncScope(finished))
      await Promise.race([...finishing, pause(500)])
      return rows
    }
    await forgetPacks(meanwhile, tenant.human)
  })
  await Promise.all(finishing)
  const left = await world.plane.query(
    `select state, (select count(*)::int from writ.pack_pieces where pack_id = p.id) as pieces from writ.packs p where id = $1`,
    [id],
  )
  expect(left).toEqual([expect.objectContaining({ state: expect.not.stringMatching('done'), pieces: 0 })])
})

// Outside of the transaction that is open here.
const ELSEWHERE = new AsyncResource('another control plane')
