import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { signStatement } from '@writ/audit'
import { createLeaseKey } from '@writ/credentials'
import { generateKeyPem } from '@writ/identity'
import { administrationsOf } from '../testing/administrations.ts'
import { enrolledAgent } from '../testing/agents.ts'
import { deviceJoinRequest, joinedDevice, proofOf, sendJoin, sendProof } from '../testing/devices.ts'
import type { Joining } from '../testing/devices.ts'
import { givenControlPlane, ORIGIN } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode, joinHeaders, joinRequest, newNodeKey } from '../testing/nodes.ts'
import { givenWorld } from '../testing/worlds.ts'
import type { World } from '../testing/worlds.ts'

jest.setTimeout(60_000)

let plane: ControlPlane
let acme: World
let beta: World

beforeAll(async () => {
  plane = await givenControlPlane()
  acme = await givenWorld(plane)
  beta = await givenWorld(plane)
})
afterAll(() => plane?.close())

/** A join of the machine of that tenant's agent, which would be taken. */
function joiningOf({ slug, agent }: Pick<World, 'slug' | 'agent'>, nodeKey = newNodeKey()): Joining {
  const body = JSON.stringify(deviceJoinRequest(nodeKey))
  return { slug, body, identityKey: agent.identityKey, nodeKey }
}
const rowsOf = () => plane.query('select id, lease_key::text from writ.nodes order by id')

describe('a device that joins', () => {
  it('is a node of its tenant and its agent, and is told the bundle keys', async () => {
    const answer = await sendJoin(plane, joiningOf(acme))
    expect([answer.status, answer.body]).toEqual([
      200,
      {
        node: expect.stringMatching(/^nod_/),
        bundleKeys: [expect.anything()],
        tenant: { id: acme.tenant, slug: acme.slug },
        agent: acme.agent.id,
      },
    ])
    const shown = await acme.ask('GET', `devices/${answer.body.node}`)
    expect(shown.body).toMatchObject({ name: 'laptop', agent: { id: acme.agent.id }, build: 'writ spec' })
  })

  it('with the same node key is the same device, and takes leases under its new key', async () => {
    const nodeKey = newNodeKey()
    const first = await sendJoin(plane, joiningOf(acme, nodeKey))
    const leaseKey = createLeaseKey()
    const body = JSON.stringify({ ...deviceJoinRequest(nodeKey, leaseKey), name: 'renamed' })
    const again = await sendJoin(plane, { ...joiningOf(acme, nodeKey), body })
    expect(again.body.node).toBe(first.body.node)
    expect((await acme.ask('GET', `devices/${first.body.node}`)).body.name).toBe('renamed')
    const [row] = await plane.query<{ lease_key: unknown }>(
      'select lease_key from writ.nodes where id = $1',
      [first.body.node],
    )
    expect(row?.lease_key).toEqual(leaseKey.publicJwk)
  })

  it('is on the record, once, as what its agent did', async () => {
    const nodeKey = newNodeKey()
    const { body } = await sendJoin(plane, joiningOf(acme, nodeKey))
    await sendJoin(plane, joiningOf(acme, nodeKey))
    const joins = (await administrationsOf(plane, acme.slug)).filter(({ target }) => target === body.node)
    expect(joins).toEqual([
      expect.objectContaining({
        route: 'POST /t/{slug}/device/v1/join',
        by: expect.objectContaining({ kind: 'agent', id: acme.agent.id }),
        after: { name: 'laptop', build: 'writ spec' },
      }),
    ])
  })
})

type Attempt = readonly [what: string, attempt: () => Promise<Joining> | Joining, status: number]

const ATTEMPTS: readonly Attempt[] = [
  [
    'by a key that is nobody’s identity',
    () => ({ ...joiningOf(acme), identityKey: generateKeyPem().privateKey }),
    403,
  ],
  ['by an agent of another tenant', () => ({ ...joiningOf(acme), identityKey: beta.agent.identityKey }), 403],
  ['at a tenant that there is not', () => ({ ...joiningOf(acme), slug: 'nobody-here' }), 403],
  ['without the node key', () => ({ ...joiningOf(acme), nodeKey: newNodeKey() }), 401],
  ['with a proof that says nothing of the body', () => ({ ...joiningOf(acme), provenBody: null }), 401],
  ['with a proof for another body', () => ({ ...joiningOf(acme), provenBody: '{}' }), 401],
  [
    'with a proof for the same route of another tenant',
    () => ({ ...joiningOf(acme), provenUrl: `${ORIGIN}/t/${beta.slug}/device/v1/join` }),
    401,
  ],
  [
    'with a proof that was made for an enrolment',
    () => ({ ...joiningOf(acme), provenUrl: `${ORIGIN}/t/${acme.slug}/enrol` }),
    401,
  ],
  [
    'with a clock that is two minutes behind',
    () => {
      const joining = joiningOf(acme)
      const request = { ...JSON.parse(joining.body), atMs: Date.now() - 120_000 }
      return { ...joining, body: JSON.stringify(request) }
    },
    400,
  ],
  [
    'with a lease key that is no point',
    () => {
      const joining = joiningOf(acme)
      const request = JSON.parse(joining.body)
      return {
        ...joining,
        body: JSON.stringify({ ...request, leaseKey: { ...request.leaseKey, y: request.leaseKey.x } }),
      }
    },
    400,
  ],
  [
    'by an agent that is revoked',
    async () => {
      const agent = await enrolledAgent(plane, acme.slug, acme.key)
      await acme.ask('POST', `agents/${agent.id}/revoke`)
      return { ...joiningOf(acme), identityKey: agent.identityKey }
    },
    403,
  ],
  [
    'by an agent that is suspended',
    async () => {
      const agent = await enrolledAgent(plane, acme.slug, acme.key)
      await acme.ask('POST', `agents/${agent.id}/suspend`)
      return { ...joiningOf(acme), identityKey: agent.identityKey }
    },
    403,
  ],
  [
    'by an agent whose human is suspended',
    async () => {
      const agent = await enrolledAgent(plane, acme.slug, acme.key)
      await acme.ask('POST', `humans/${agent.human}/suspend`)
      return { ...joiningOf(acme), identityKey: agent.identityKey }
    },
    403,
  ],
  [
    'in a tenant that is suspended',
    async () => {
      const world = await givenWorld(plane)
      await world.ask('POST', 'tenant/suspend')
      return joiningOf(world)
    },
    403,
  ],
  ['with the node key of a gateway', async () => joiningOf(acme, (await joinedNode(plane)).key), 403],
  [
    'with the node key of a device of another tenant',
    async () => joiningOf(acme, (await joinedDevice(plane, beta.slug, beta.agent)).key),
    403,
  ],
  [
    'with the node key of a device of another agent',
    async () => {
      const other = await enrolledAgent(plane, acme.slug, acme.key)
      return joiningOf(acme, (await joinedDevice(plane, acme.slug, other)).key)
    },
    403,
  ],
  [
    'with the node key of a device that was revoked',
    async () => {
      const device = await joinedDevice(plane, acme.slug, acme.agent)
      await acme.ask('DELETE', `devices/${device.id}`)
      return joiningOf(acme, device.key)
    },
    403,
  ],
]

describe('a join that is refused', () => {
  it.each(ATTEMPTS)('%s makes no node and changes none', async (_, attempt, status) => {
    const joining = await attempt()
    const before = await rowsOf()
    expect((await sendJoin(plane, joining)).status).toBe(status)
    expect(await rowsOf()).toEqual(before)
  })

  it('is one whose proof was used before, here or in another body', async () => {
    const joining = joiningOf(acme)
    const challenge = await sendProof(plane, joining, proofOf(joining))
    const proof = proofOf(joining, challenge.headers.get('dpop-nonce') ?? '')
    expect((await sendProof(plane, joining, proof)).status).toBe(200)
    expect((await sendProof(plane, joining, proof)).status).toBe(401)
    expect((await sendProof(plane, joiningOf(acme), proof)).status).toBe(401)
  })

  it('is one without any proof, by either key', async () => {
    const { slug, body, nodeKey } = joiningOf(acme)
    for (const headers of [{}, { 'writ-node-proof': signStatement(body, nodeKey) }])
      expect((await plane.ask('POST', `/t/${slug}/device/v1/join`, { body, headers })).status).toBe(401)
  })
})

describe('an agent with a thousand devices', () => {
  it('gets no more until one of them is revoked', async () => {
    const { slug, tenant, agent, ask } = await givenWorld(plane)
    await plane.query(
      `with made as (
         insert into writ.nodes (id, name, public_key, lease_key, origin, build, kind)
           select 'nod_' || n, 'n', $1 || n, '{}', '', 'b', 'device' from generate_series(1, 999) n returning id)
       insert into writ.devices (tenant_id, id, agent_id, joined_at, proven_at) select $1, id, $2, now(), now() from made`,
      [tenant, agent.id],
    )
    const last = await joinedDevice(plane, slug, agent)
    const next = joiningOf({ slug, agent })
    expect((await sendJoin(plane, next)).status).toBe(409)
    await ask('DELETE', `devices/${last.id}`)
    expect((await sendJoin(plane, next)).status).toBe(200)
  })
})

describe('a gateway that joins', () => {
  it('with the node key of a device is refused, and the device stays what it is', async () => {
    const device = await joinedDevice(plane, acme.slug, acme.agent)
    const before = await rowsOf()
    const body = JSON.stringify(joinRequest(device.key, createLeaseKey()))
    const answer = await plane.ask('POST', '/internal/v1/join', {
      body,
      headers: joinHeaders(body, device.key),
    })
    expect(answer.status).toBe(409)
    expect(await rowsOf()).toEqual(before)
    expect((await device.ask('GET', `${device.at}/changes`)).status).toBe(200)
  })
})
