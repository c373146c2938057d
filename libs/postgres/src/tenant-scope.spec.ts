import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { AgentId, HumanId } from '@writ/contracts'
import type { TenantId } from '@writ/contracts'
import { QueryFailedError } from 'typeorm'
import type { EntityManager } from 'typeorm'
import { openDatabase, sourceOf } from './data-source.ts'
import type { Database } from './data-source.ts'
import { Agent } from './entities/agent.entity.ts'
import { Human } from './entities/human.entity.ts'
import { createTenantScope } from './tenant-scope.ts'
import type { TenantScope } from './tenant-scope.ts'
import { createTestDatabase, insertTestTenant, testId } from './testing.ts'
import type { TestDatabase } from './testing.ts'

jest.setTimeout(60_000)

let database: TestDatabase
let app: Database
let scope: TenantScope
let mine: TenantId
let theirs: TenantId

beforeAll(async () => {
  database = await createTestDatabase()
  app = await openDatabase(database.appUrl, { poolSize: 4, applicationName: 'scope spec' })
  scope = createTenantScope(app)
  mine = await insertTestTenant(scope, 'mine')
  theirs = await insertTestTenant(scope, 'theirs')
})

afterAll(async () => {
  await app.close()
  await database.drop()
})

const newHuman = (tenantId: TenantId) => {
  const id = HumanId.parse(testId('hum'))
  return { tenantId, id, name: 'Ada', email: `${id}@example.test` }
}

async function givenHuman(tenantId: TenantId): Promise<HumanId> {
  const human = newHuman(tenantId)
  await scope.run(tenantId, (manager) => manager.insert(Human, human))
  return human.id
}

/** The SQLSTATE that the work fails with. */
const codeOf = async (work: Promise<unknown>): Promise<unknown> => {
  const error: unknown = await work.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  )
  return error instanceof QueryFailedError ? Reflect.get(error, 'code') : error
}

describe('a tenant scope', () => {
  it('sees the rows of its tenant only, whatever is asked', async () => {
    const own = await givenHuman(mine)
    const foreign = await givenHuman(theirs)
    const seen = await scope.run(mine, async (manager) => ({
      own: await manager.existsBy(Human, { id: own }),
      foreign: await manager.existsBy(Human, { id: foreign }),
      asked: await manager.countBy(Human, { tenantId: theirs }),
    }))
    expect(seen).toEqual({ own: true, foreign: false, asked: 0 })
  })

  it('refuses a row of another tenant', async () => {
    const work = scope.run(mine, (manager) => manager.insert(Human, newHuman(theirs)))
    expect(await codeOf(work)).toBe('42501')
  })

  it('changes nothing of another tenant', async () => {
    const foreign = await givenHuman(theirs)
    const { affected } = await scope.run(mine, (manager) =>
      manager.update(Human, { id: foreign }, { name: 'changed' }),
    )
    expect(affected).toBe(0)
  })

  it('refuses a reference to a row of another tenant', async () => {
    const foreign = await givenHuman(theirs)
    const agent = { tenantId: mine, id: AgentId.parse(testId('agt')), name: testId('agt'), humanId: foreign }
    expect(await codeOf(scope.run(mine, (manager) => manager.insert(Agent, agent)))).toBe('23503')
  })

  it('takes everything back when the work throws', async () => {
    const human = newHuman(mine)
    const work = scope.run(mine, async (manager) => {
      await manager.insert(Human, human)
      throw new Error('changed my mind')
    })
    await expect(work).rejects.toThrow('changed my mind')
    expect(await scope.run(mine, (manager) => manager.existsBy(Human, { id: human.id }))).toBe(false)
  })
})

describe('a scope inside a scope', () => {
  it('joins the transaction of the same tenant', async () => {
    await scope.run(mine, async (outer) => {
      await scope.run(mine, async (inner) => expect(inner).toBe(outer))
    })
  })

  it('throws for another tenant', async () => {
    const work = scope.run(mine, () => scope.run(theirs, () => Promise.resolve()))
    await expect(work).rejects.toThrow('a transaction of one tenant cannot open another tenant')
  })

  it('of another database is another one, and leads back into the outer', async () => {
    const other = createTenantScope(app)
    await scope.run(mine, (outer) =>
      other.run(theirs, async (between) => {
        expect(between).not.toBe(outer)
        await other.run(theirs, async (inner) => expect(inner).toBe(between))
        await scope.run(mine, async (inner) => expect(inner).toBe(outer))
        await expect(scope.run(theirs, () => Promise.resolve())).rejects.toThrow('cannot open another tenant')
      }),
    )
  })

  it('opens a transaction of its own once the outer one is over', async () => {
    let late: Promise<number> = Promise.resolve(-1)
    await scope.run(mine, () => {
      late = new Promise((resolve) => setTimeout(resolve, 50)).then(() =>
        scope.run(theirs, (manager) => manager.countBy(Human, { tenantId: mine })),
      )
      return Promise.resolve()
    })
    expect(await late).toBe(0)
  })
})

describe('a pooled connection', () => {
  it('has no tenant outside a scope and then shows no row', async () => {
    await givenHuman(mine)
    const source = sourceOf(app)
    for (let use = 0; use < 8; use += 1) {
      const rows = await source.query(
        'select app.tid() as tenant, (select count(*)::int from writ.humans) as seen',
      )
      expect(rows).toEqual([{ tenant: null, seen: 0 }])
    }
    expect(await codeOf(source.query(`insert into writ.humans values ('${mine}', 'hum_x', 'n', 'e')`))).toBe(
      '42501',
    )
  })

  it('never shows one tenant to another under 200 concurrent transactions that fail in every way', async () => {
    const ways = [
      () => Promise.resolve(),
      () => Promise.reject(new Error('the work failed')),
      (manager: EntityManager) => manager.query('select 1 / 0'),
      (manager: EntityManager) => manager.query('insert into writ.humans select $1, $1, $1, $1', [theirs]),
      // The connection dies between the setting and the commit.
      (manager: EntityManager) => manager.query('select pg_terminate_backend(pg_backend_pid())'),
    ]
    const transactions = Array.from({ length: 200 }, async (_, turn) => {
      const [tenantId, other] = turn % 2 === 0 ? [mine, theirs] : [theirs, mine]
      const seen = { own: 0, foreign: 0, tenant: '' }
      const work = scope.run(tenantId, async (manager) => {
        const human = await manager.insert(Human, newHuman(tenantId))
        seen.own = human.identifiers.length
        const [row] = await manager.query(
          `select app.tid() as tenant, count(*) filter (where tenant_id = $1)::int as foreign from writ.humans`,
          [other],
        )
        Object.assign(seen, row)
        await ways[turn % ways.length]!(manager)
      })
      await work.catch(() => undefined)
      return { seen, tenantId }
    })
    for (const { seen, tenantId } of await Promise.all(transactions))
      expect(seen).toEqual({ own: 1, foreign: 0, tenant: tenantId })
  })
})
