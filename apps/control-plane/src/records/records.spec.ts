import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { signHead } from '@writ/audit'
import { streamIdOf } from '@writ/contracts'
import { Client } from 'pg'
import { newId } from '../ids-and-secrets.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'

let plane: ControlPlane

beforeAll(async () => {
  plane = await givenControlPlane()
})
afterAll(() => plane?.close())

/** A tenant whose only record, at leaf 7, is not one. */
async function givenDamage(): Promise<string> {
  const { tenant, ownerKey } = await plane.newTenant()
  const node = await joinedNode(plane)
  const stream = streamIdOf(node.id, newId('boo', Date.now()), tenant.id)
  const head = { stream, nextSeq: 1, headHash: 'a'.repeat(64), at: new Date().toISOString() }
  await node.ask('POST', '/internal/v1/heads', { heads: [signHead(head, node.key)] })
  const owner = new Client({ connectionString: plane.ownerUrl })
  await owner.connect()
  await owner.query("select set_config('app.tenant_id', $1, false)", [tenant.id])
  await owner.query(
    `insert into writ.records (tenant_id, leaf_index, stream_id, seq, bytes, decision_id, kind, outcome, occurred_at)
     values ($1, 7, $2, 0, '{"v":"nothing"}', 'dec', 'closed', 'allow', now())`,
    [tenant.id, stream],
  )
  await owner.end()
  return ownerKey.key
}

describe('a page with a stored record that is none any more', () => {
  it('is a conflict that names the record and the way past it', async () => {
    const key = await givenDamage()
    const answer = await plane.ask('GET', '/api/v1/records', { key })
    expect([answer.status, answer.body.detail]).toEqual([409, expect.stringContaining('record 7 cannot')])
    const behind = await plane.ask('GET', '/api/v1/records?after=7', { key })
    expect([behind.status, behind.body]).toEqual([200, { items: [], next: null }])
  })
})
