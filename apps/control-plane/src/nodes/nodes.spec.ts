import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { rawPublicKey, signBatch, signHead } from '@writ/audit'
import { openHeartbeat } from '@writ/bundle'
import { streamIdOf } from '@writ/contracts'
import type { Bundle, StreamId } from '@writ/contracts'
import { createLeaseKey, openLease } from '@writ/credentials'
import { createTestStream } from '@writ/postgres/testing'
import { Client } from 'pg'
import { newId } from '../ids-and-secrets.ts'
import { enrolledAgent } from '../testing/agents.ts'
import type { EnrolledAgent } from '../testing/agents.ts'
import { givenControlPlane, ORIGIN } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { RecordTransport } from './record-transport.ts'
import { joinedNode, newNodeKey } from '../testing/nodes.ts'
import type { JoinedNode } from '../testing/nodes.ts'
import { openedBundle, sessionOf as newSession } from '../testing/worlds.ts'

type World = { slug: string; tenant: `ten_${string}`; key: string; defaultGroup: string }

let plane: ControlPlane
let node: JoinedNode
let acme: World
let beta: World

beforeAll(async () => {
  plane = await givenControlPlane()
  acme = await newWorld()
  beta = await newWorld()
  node = await joinedNode(plane)
})
afterAll(() => plane?.close())

async function newWorld(): Promise<World> {
  const { tenant, ownerKey } = await plane.newTenant()
  return { slug: tenant.slug, tenant: tenant.id, key: ownerKey.key, defaultGroup: tenant.defaultGroup }
}

const bundleOf = async (slug: string): Promise<Bundle> => (await openedBundle(node, slug)).bundle

const sessionOf = (agent: EnrolledAgent, { slug }: World) => newSession(plane, slug, agent)

const gatewayFor = async (key: string) =>
  (await plane.ask('GET', '/api/v1/gateways', { key })).body.items.find(
    ({ id }: { id: string }) => id === node.id,
  )

const lease = (request: object) => node.ask('POST', '/internal/v1/leases', request)

const stream = (): StreamId => streamIdOf(node.id, newId('boo', Date.now()), acme.tenant)

describe('a request of a node', () => {
  const path = '/internal/v1/changes?after=0'
  it.each<[string, Partial<Parameters<JoinedNode['ask']>[3] & object>]>([
    ['signed by another key', { key: newNodeKey() }],
    ['in the name of another node', { node: `nod_${'0'.repeat(26)}` }],
    ['signed for another path', { path: '/internal/v1/changes?after=1' }],
    ['signed for another method', { method: 'POST' }],
    ['signed over another body', { body: '{}' }],
    ['signed 61 seconds ago', { atMs: Date.now() - 61_000 }],
    ['signed for later', { atMs: Date.now() + 3_600_000 }],
  ])('%s is refused', async (_, changes) => {
    expect((await node.ask('GET', path)).status).toBe(200)
    const answer = await node.ask('GET', path, undefined, changes)
    expect([answer.status, answer.body.detail]).toEqual([401, 'a valid key is required'])
  })
})

describe('the change feed', () => {
  it('wakes at once when an edit commits, and names tenant and version', async () => {
    const { body: before } = await node.ask('GET', '/internal/v1/changes?after=0')
    const waiting = node.ask('GET', `/internal/v1/changes?after=${before.seq}&waitSeconds=20`)
    await new Promise((resolve) => setTimeout(resolve, 200))
    const startedMs = performance.now()
    await plane.ask('POST', '/api/v1/access-groups', { key: acme.key, body: { name: 'woken' } })
    const { body } = await waiting
    expect(performance.now() - startedMs).toBeLessThan(3000)
    const { bundleVersion } = (await plane.ask('GET', '/api/v1/tenant', { key: acme.key })).body
    expect(body.changes).toEqual([{ seq: before.seq + 1, tenant: acme.slug, version: bundleVersion }])
    const beat = await openHeartbeat(body.heartbeat, node.bundleKeys)
    expect(beat).toMatchObject({ seq: body.seq })
  })

  it('answers with a heartbeat and nothing else when nothing changes', async () => {
    const { body: now } = await node.ask('GET', '/internal/v1/changes?after=0')
    const { body } = await node.ask('GET', `/internal/v1/changes?after=${now.seq}&waitSeconds=1`)
    expect(body).toMatchObject({ changes: [], seq: now.seq })
  })
})

describe('a bundle', () => {
  it('is that of its tenant only, and of an unknown tenant there is none', async () => {
    const bundle = await bundleOf(acme.slug)
    expect(bundle).toMatchObject({
      tenant: { id: acme.tenant, slug: acme.slug },
      issuer: `${ORIGIN}/t/${acme.slug}/oauth`,
    })
    expect(JSON.stringify(bundle)).not.toContain(beta.tenant)
    expect((await node.ask('GET', '/internal/v1/bundles/nobody')).status).toBe(404)
  })

  it('puts an unmapped principal into the default group, and a mapped one into its groups only', async () => {
    const agent = await enrolledAgent(plane, acme.slug, acme.key)
    const find = async () => (await bundleOf(acme.slug)).agents.find(({ id }) => id === agent.id)
    expect((await find())?.groups).toEqual([acme.defaultGroup])
    const group = await plane.ask('POST', '/api/v1/access-groups', {
      key: acme.key,
      body: { name: 'quarantine' },
    })
    await plane.ask('PUT', `/api/v1/agents/${agent.id}/groups`, {
      key: acme.key,
      body: { groups: [group.body.id] },
    })
    expect((await find())?.groups).toEqual([group.body.id])
    await plane.ask('DELETE', `/api/v1/access-groups/${group.body.id}`, { key: acme.key })
    expect((await find())?.groups).toEqual([acme.defaultGroup])
  })

  it('leaves a revoked agent out, whose sessions need no naming then', async () => {
    const agent = await enrolledAgent(plane, acme.slug, acme.key)
    const session = await sessionOf(agent, acme)
    await plane.ask('POST', `/api/v1/agents/${agent.id}/revoke`, { key: acme.key })
    const bundle = await bundleOf(acme.slug)
    expect(bundle.agents.map(({ id }) => id)).not.toContain(agent.id)
    expect(bundle.revokedSessions).not.toContain(session)
  })

  it('takes versions that grow by one with each of many edits at once', async () => {
    const { version } = await bundleOf(beta.slug)
    const names = Array.from({ length: 10 }, (_, index) => `group-${index}`)
    await Promise.all(
      names.map((name) => plane.ask('POST', '/api/v1/access-groups', { key: beta.key, body: { name } })),
    )
    const bundle = await bundleOf(beta.slug)
    expect(bundle.version).toBe(version + 10)
    expect(bundle.groups.map(({ name }) => name)).toEqual(expect.arrayContaining(names))
  })

  it('that a node took or refused shows at the gateways of that tenant', async () => {
    const { version } = await bundleOf(acme.slug)
    const acknowledge = (outcome: string, at: number) =>
      node.ask('POST', '/internal/v1/acknowledgements', {
        tenant: acme.slug,
        version: at,
        outcome,
        detail: 'x',
      })
    expect((await acknowledge('applied', version)).status).toBe(204)
    expect((await acknowledge('refused', version + 1)).status).toBe(204)
    expect(await gatewayFor(acme.key)).toMatchObject({
      appliedVersion: version,
      refused: { version: version + 1 },
    })
    expect(await gatewayFor(beta.key)).toMatchObject({ appliedVersion: null, refused: null })
  })
})

describe('an acknowledgement', () => {
  it.each([
    ['of a version that no column holds', { version: 2 ** 31 }],
    ['with a NUL', { detail: 'a\0b' }],
  ])('%s is refused', async (_, change) => {
    const right = { tenant: acme.slug, version: 1, outcome: 'applied', detail: 'x' }
    const answer = await node.ask('POST', '/internal/v1/acknowledgements', { ...right, ...change })
    expect(answer.status).toBe(400)
  })
})

describe('a lease', () => {
  const secret = 'sk-the-secret-of-the-crm'

  async function given() {
    const agent = await enrolledAgent(plane, acme.slug, acme.key)
    const session = await sessionOf(agent, acme)
    const name = `crm-${Math.random().toString(36).slice(2)}`
    const connection = await plane.ask('POST', '/api/v1/connections', {
      key: acme.key,
      body: {
        name,
        url: 'https://crm.example:8443/mcp',
        credential: { kind: 'api-key', header: 'x-crm-key', secret },
        groups: [acme.defaultGroup],
      },
    })
    const request = {
      tenant: acme.tenant,
      connection: connection.body.id,
      credentialVersion: 1,
      agent: agent.id,
      session,
      decision: newId('dec', Date.now()),
    }
    return { agent, connection: connection.body, request }
  }

  it('opens with the key of the node that asked, and with no other', async () => {
    const { request } = await given()
    const { body, status } = await lease(request)
    expect(status).toBe(200)
    const opened = await openLease(body.lease, node.leaseKey.privateKey)
    expect(opened).toMatchObject({
      origin: 'https://crm.example:8443',
      header: 'x-crm-key',
      value: secret,
      version: 1,
    })
    expect(await openLease(body.lease, createLeaseKey().privateKey)).toMatchObject({
      code: 'credential_unavailable',
    })
  })

  it('is not given for anything that does not fit together', async () => {
    const { request } = await given()
    const stranger = await enrolledAgent(plane, acme.slug, acme.key)
    const wrong = [
      { tenant: beta.tenant },
      { tenant: newId('ten', Date.now()) },
      { connection: newId('con', Date.now()) },
      { credentialVersion: 2 },
      { agent: stranger.id },
      { session: newId('ses', Date.now()) },
    ]
    for (const change of wrong) {
      expect([change, (await lease({ ...request, ...change })).status]).toEqual([change, 404])
    }
    expect((await lease(request)).status).toBe(200)
  })

  it('ends with the group, the credential and the agent', async () => {
    const { request, connection, agent } = await given()
    const patch = (body: object) =>
      plane.ask('PATCH', `/api/v1/connections/${connection.id}`, { key: acme.key, body })
    await patch({ groups: [] })
    expect((await lease(request)).status).toBe(404)
    await patch({
      groups: [acme.defaultGroup],
      credential: { kind: 'api-key', header: 'x-crm-key', secret: 'another-secret' },
    })
    expect((await lease(request)).status).toBe(404)
    const renewed = { ...request, credentialVersion: 2 }
    expect(await openLease((await lease(renewed)).body.lease, node.leaseKey.privateKey)).toMatchObject({
      value: 'another-secret',
    })
    await plane.ask('POST', `/api/v1/agents/${agent.id}/revoke`, { key: acme.key })
    expect((await lease(renewed)).status).toBe(404)
  })

  it('is the only way out for a secret: at rest it is sealed, in views and logs it is not', async () => {
    await given()
    const owner = new Client({ connectionString: plane.ownerUrl })
    await owner.connect()
    const { rows } = await owner
      .query(`set role writ_owner; select set_config('app.tenant_id', '${acme.tenant}', false)`)
      .then(() => owner.query('select sealed_secret from writ.connections where sealed_secret is not null'))
    await owner.end()
    expect(rows.length).toBeGreaterThan(0)
    for (const row of rows) expect(row.sealed_secret.includes(secret)).toBe(false)
    expect((await plane.ask('GET', '/api/v1/connections', { key: acme.key })).text).not.toContain(secret)
    expect(plane.logged()).not.toContain(secret)
  })
})

describe('the records of a node', () => {
  it('are queued when the batch is signed by it, and refused otherwise', async () => {
    const transport = plane.app.get(RecordTransport)
    const signer = { id: node.id, publicKey: rawPublicKey(node.key), privateKey: node.key }
    const batch = createTestStream(signer, acme.tenant, 3).batch(0, 3)
    const send = (body: object) => node.ask('POST', '/internal/v1/batches', body)
    const another = await joinedNode(plane)
    expect((await send({ ...batch, signature: signBatch(batch, newNodeKey()).signature })).status).toBe(400)
    expect((await another.ask('POST', '/internal/v1/batches', batch)).status).toBe(400)
    expect((await send({ ...batch, records: batch.records.toReversed() })).status).toBe(400)
    // Nobody empties the queue here: the administrative events of each tenant wait in it, one batch of each.
    const [{ n: waiting } = { n: 0 }] = await plane.query<{ n: number }>(
      'select count(*)::int as n from writ.tenants where administration_seq > 0',
    )
    while ((await transport.depth()) < waiting) await new Promise((wait) => setTimeout(wait, 20))
    expect(await transport.depth()).toBe(waiting)
    expect((await send(batch)).status).toBe(202)
    expect(await transport.depth()).toBe(waiting + 1)
  })

  it('have heads that are kept, and watermarks of what is stored', async () => {
    const head = { stream: stream(), nextSeq: 3, headHash: 'a'.repeat(64), at: new Date().toISOString() }
    const kept = await node.ask('POST', '/internal/v1/heads', { heads: [signHead(head, node.key)] })
    expect([kept.status, kept.body]).toEqual([200, { watermarks: [{ stream: head.stream, nextSeq: 0 }] }])
    const pendingBeyondEvents = async ({ tenant, key }: typeof acme) => {
      const [events] = await plane.query<{ n: number }>(
        'select administration_seq::int as n from writ.tenants where id = $1',
        [tenant],
      )
      const { body } = await plane.ask('GET', '/api/v1/records/lag', { key })
      return body.pending - (events?.n ?? 0)
    }
    expect([await pendingBeyondEvents(acme), await pendingBeyondEvents(beta)]).toEqual([3, 0])
    expect(
      (await node.ask('POST', '/internal/v1/heads', { heads: [signHead(head, newNodeKey())] })).status,
    ).toBe(400)
    const verification = await plane.ask('POST', '/api/v1/records/verify', { key: acme.key })
    expect(verification.body).toMatchObject({ holds: false, records: 0 })
  })

  it('have watermarks also without a head, with what is archived, and of no stream of another node', async () => {
    const [mine, unknown] = [stream(), stream()]
    const another = await joinedNode(plane)
    const others = streamIdOf(another.id, newId('boo', Date.now()), acme.tenant)
    for (const [joined, of] of [
      [node, mine],
      [another, others],
    ] as const) {
      const head = { stream: of, nextSeq: 5, headHash: 'a'.repeat(64), at: new Date().toISOString() }
      await joined.ask('POST', '/internal/v1/heads', { heads: [signHead(head, joined.key)] })
    }
    // Two batches of which a checkpoint covers the first.
    await plane.query(
      `insert into writ.stream_batches (tenant_id, stream_id, from_seq, count, head_hash, signature, first_seq, first_leaf)
         select $1, $2, seq, count, repeat('a', 64), 's', seq, leaf
           from (values (0, 3, 100), (3, 2, 107)) as made (seq, count, leaf)`,
      [acme.tenant, mine],
    )
    await plane.query(
      `insert into writ.tenant_trees (tenant_id, log_id, salt, size, archived_size) values ($1, $1, '\\x00', 103, 103)
         on conflict (tenant_id) do update set archived_size = 103`,
      [acme.tenant],
    )
    const answer = await node.ask('POST', '/internal/v1/heads', {
      heads: [],
      streams: [mine, unknown, others],
    })
    expect(answer.body).toEqual({ watermarks: [{ stream: mine, nextSeq: 0, archivedSeq: 3 }] })
  })

  it('have no head of a year that is none', async () => {
    const head = { stream: stream(), nextSeq: 3, headHash: 'a'.repeat(64), at: '0000-01-01T00:00:00.000Z' }
    const { pending } = (await plane.ask('GET', '/api/v1/records/lag', { key: acme.key })).body
    const answer = await node.ask('POST', '/internal/v1/heads', { heads: [signHead(head, node.key)] })
    expect(answer.status).toBe(400)
    expect((await plane.ask('GET', '/api/v1/records/lag', { key: acme.key })).body).toEqual({ pending })
  })

  it('have no head a million and one records ahead of the ledger, and it does not hold up the others', async () => {
    const { pending } = (await plane.ask('GET', '/api/v1/records/lag', { key: acme.key })).body
    const head = { headHash: 'a'.repeat(64), at: new Date().toISOString() }
    const [far, near] = [stream(), stream()]
    const heads = [
      { ...head, stream: far, nextSeq: 1_000_001 },
      { ...head, stream: near, nextSeq: 2 },
    ].map((one) => signHead(one, node.key))
    const answer = await node.ask('POST', '/internal/v1/heads', { heads })
    expect([answer.status, answer.body]).toEqual([200, { watermarks: [{ stream: near, nextSeq: 0 }] }])
    expect((await plane.ask('GET', '/api/v1/records/lag', { key: acme.key })).body).toEqual({
      pending: pending + 2,
    })
    expect(plane.logged()).toContain(`a head of the stream ${far} is too far ahead`)
  })

  it('have no head of a stream that nobody heard of while a thousand others of the node have no record, which is said once', async () => {
    const liar = await joinedNode(plane)
    const nowMs = Date.now()
    const at = new Date(nowMs).toISOString()
    const made = Array.from({ length: 1002 }, () => streamIdOf(liar.id, newId('boo', nowMs), acme.tenant))
    const heads = made.map((one) =>
      signHead({ stream: one, nextSeq: 1, headHash: 'a'.repeat(64), at }, liar.key),
    )
    const send = (some: typeof heads) => liar.ask('POST', '/internal/v1/heads', { heads: some })
    expect((await send(heads.slice(0, 999))).body.watermarks).toHaveLength(999)
    expect((await send(heads.slice(999))).body).toEqual({ watermarks: [{ stream: made[999], nextSeq: 0 }] })
    expect((await send(heads.slice(998))).body.watermarks).toHaveLength(2)
    expect(plane.logged().split(`heads of new streams of the node ${liar.id} `)).toHaveLength(2)
    const other = { stream: stream(), nextSeq: 1, headHash: 'a'.repeat(64), at }
    const kept = await node.ask('POST', '/internal/v1/heads', { heads: [signHead(other, node.key)] })
    expect(kept.body.watermarks).toHaveLength(1)
  })

  it('have one history: a node that signs two is told of, once', async () => {
    const of = stream()
    const at = new Date().toISOString()
    const heads = ['a', 'b', 'b'].map((digit) =>
      signHead({ stream: of, nextSeq: 3, headHash: digit.repeat(64), at }, node.key),
    )
    expect((await node.ask('POST', '/internal/v1/heads', { heads })).status).toBe(200)
    expect(plane.logged().split(`the node of the stream ${of} signed two histories`)).toHaveLength(2)
  })
})
