import { describe, expect, it } from '@jest/globals'
import { signHead } from '@writ/audit'
import { streamIdOf } from '@writ/contracts'
import { Client } from 'pg'
import { newId } from '../ids-and-secrets.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'

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

export function describeDamage(given: () => ControlPlane): void {
  describe('a page with a stored record that is none any more', () => {
    it('is a conflict that names the record and the way past it', async () => {
      const key = await givenDamage(given())
      const answer = await given().ask('GET', '/api/v1/records', { key })
      expect([answer.status, answer.body.detail]).toEqual([409, expect.stringContaining('record 7 cannot')])
      const behind = await given().ask('GET', '/api/v1/records?after=7', { key })
      expect([behind.status, behind.body]).toEqual([200, { items: [], next: null }])
    })
  })
}
