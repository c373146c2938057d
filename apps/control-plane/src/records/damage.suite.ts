import { randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { signHead } from '@writ/audit'
import { formatId, streamIdOf } from '@writ/contracts'
import type { IdPrefix } from '@writ/contracts'
import type { Database } from '@writ/postgres'
import { Client } from 'pg'
import { newId } from '../ids-and-secrets.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'
import { givenWorld } from '../testing/worlds.ts'
import { arrive } from './desk.fixture.ts'

/** A tenant whose only record, at leaf 7, is not one. */
async function givenDamage(plane: ControlPlane): Promise<string> {
  const { tenant, ownerKey } = await plane.newTenant()
  const node = await joinedNode(plane)
  const stream = streamIdOf(node.id, newId('boo', Date.now()), tenant.id)
  const head = { stream, nextSeq: 1, headHash: 'a'.repeat(64), at: new Date().toISOString() }
  await node.ask('POST', '/internal/v1/heads', { heads: [signHead(head, node.key)] })
  const owner = new Client({ connectionString: plane.ownerUrl })
  await owner.connect()
  await owner.query("select set_config('app.tenant_id', $1, false)", [tenant.id])
  await owner.query(
    `insert into writ.records (tenant_id, leaf_index, stream_no, seq, bytes, decision_id, kind, outcome, occurred_at)
     values ($1, 7, (select no from writ.streams where id = $2), 0, '{"v":"nothing"}', 'dec', 'closed', 'allow', now())`,
    [tenant.id, stream],
  )
  await owner.query(
    `insert into writ.tenant_logs (tenant_id, size) values ($1, 8) on conflict (tenant_id) do update set size = 8`,
    [tenant.id],
  )
  await owner.end()
  return ownerKey.key
}

/** Three records of one session, and how the bytes of the second are changed behind the back of the ledger. */
async function givenChange(plane: ControlPlane, worker: Database) {
  const world = await givenWorld(plane)
  const [session, decision, parent, other] = [id('ses'), id('dec'), id('dec'), id('dec')]
  const agent = { id: id('agt'), name: 'clerk' }
  const of = { session, agent, trace: { id: 'c'.repeat(32), span: 'd'.repeat(16) } }
  await arrive(plane, worker, world.tenant, [
    { ...of, decisionId: parent, outcome: 'allow' },
    { ...of, decisionId: decision, parent, outcome: 'deny', refusal: 'policy_denied' },
    { session, decisionId: other, outcome: 'deny' },
  ])
  const owner = new Client({ connectionString: plane.ownerUrl })
  await owner.connect()
  await owner.query("select set_config('app.tenant_id', $1, false)", [world.tenant])
  await owner.query('set session_replication_role = replica')
  const { rows } = await owner.query(
    `update writ.records set bytes = set_byte(bytes, 0, 88) where tenant_id = $1 and decision_id = $2 returning leaf_index`,
    [world.tenant, decision],
  )
  await owner.end()
  return { world, session, decision, parent, other, agent: agent.id, leaf: Number(rows[0].leaf_index) }
}

const id = <P extends IdPrefix>(prefix: P) => formatId(prefix, Date.now(), randomBytes(10))

export function describeDamage(given: () => ControlPlane, worker: () => Database): void {
  describe('a record of which one byte was changed', () => {
    let changed: Awaited<ReturnType<typeof givenChange>>
    beforeAll(async () => {
      changed = await givenChange(given(), worker())
    })
    const named = () => [409, expect.stringContaining(`record ${changed.leaf} cannot`)]
    const ask = async (path: string) => {
      const { status, body } = await changed.world.ask('GET', path)
      return [status, body.detail]
    }

    it('is named by every search that would have found it', async () => {
      const { decision, session, agent } = changed
      for (const query of [
        '',
        'outcome=deny',
        'outcome=deny&order=newest',
        'refusal=policy_denied&kind=closed',
        `agent=${agent}`,
        `session=${session}`,
        `decision=${decision}`,
        `decision=${decision.slice(0, 7)}`,
        `trace=${'c'.repeat(32)}`,
        'from=2020-01-01T00:00:00Z&until=2100-01-01T00:00:00Z',
      ])
        expect([query, ...(await ask(`records?${query}`))]).toEqual([query, ...named()])
    })

    it('is named by a live tail of what would have found it', async () => {
      for (const [outcome, times] of [
        ['deny', 1],
        ['allow', 0],
      ] as const) {
        const { text } = await changed.world.ask('GET', `records/live?after=-1&seconds=0&outcome=${outcome}`)
        expect([outcome, text.split('event: damaged').length - 1]).toEqual([outcome, times])
      }
    })

    it('is no part of what would not have found it', async () => {
      for (const query of ['outcome=allow', 'kind=opened', 'tool=other', 'kind=unreadable'])
        expect([query, ...(await ask(`records?${query}`))]).toEqual([query, 200, undefined])
    })

    it('is named by its own story and by the lineage that it is a part of', async () => {
      const { decision, parent, session, agent } = changed
      for (const path of [
        `decisions/${decision}`,
        `decisions/${parent}`,
        `lineage?decision=${decision}`,
        `lineage?decision=${parent}`,
        `lineage?session=${session}`,
        `lineage?agent=${agent}&format=prov`,
      ])
        expect([path, ...(await ask(`records/${path}`))]).toEqual([path, ...named()])
    })

    it('leaves the stories of its session told, which say that there is more', async () => {
      const { status, body } = await changed.world.ask('GET', `records/decisions/${changed.other}`)
      expect([status, body.session.lines.length, body.session.isCut]).toEqual([200, 1, true])
    })

    it('is counted, and named where nothing else says which value it was', async () => {
      const { body } = await changed.world.ask('GET', 'records/counts?field=outcome')
      expect(body.values).toContainEqual({ value: 'deny', records: 2 })
      expect(await ask('records/counts?field=refusal')).toEqual(named())
    })
  })

  describe('a page with a stored record that is none any more', () => {
    it('is a conflict that names the record and the way past it', async () => {
      const key = await givenDamage(given())
      const answer = await given().ask('GET', '/api/v1/records', { key })
      expect([answer.status, answer.body.detail]).toEqual([409, expect.stringContaining('record 7 cannot')])
      const behind = await given().ask('GET', '/api/v1/records?after=7', { key })
      expect([behind.status, behind.body]).toEqual([200, { items: [], next: null }])
    })
  })

  describe('a stored record that is none any more', () => {
    it('is named by a live tail, which goes on behind it', async () => {
      const key = await givenDamage(given())
      const { text } = await given().ask('GET', '/api/v1/records/live?after=-1&seconds=0', { key })
      expect(text).toBe('id: 7\nevent: damaged\ndata: {"leafIndex":7}\n\n')
    })
  })
}
