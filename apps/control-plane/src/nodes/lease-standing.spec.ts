import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { createEnvelope } from '@writ/credentials'
import type { WrappedDek } from '@writ/credentials'
import { newId } from '../ids-and-secrets.ts'
import { MasterKey } from '../tenancy/master-key.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { joinedNode } from '../testing/nodes.ts'
import type { JoinedNode } from '../testing/nodes.ts'
import { NEW_CONNECTION } from '../testing/route-visits.ts'
import { givenWorld } from '../testing/worlds.ts'

jest.setTimeout(60_000)

let plane: ControlPlane
let node: JoinedNode

beforeAll(async () => {
  plane = await givenControlPlane()
  node = await joinedNode(plane)
})
afterAll(() => plane?.close())

/** A node that asks for the same credential again and again, as one would that heard of nothing. */
async function given() {
  const world = await givenWorld(plane)
  const connection = (
    await world.ask('POST', 'connections', { ...NEW_CONNECTION, name: 'keyed', groups: [world.defaultGroup] })
  ).body.id
  const lease = async () =>
    (
      await node.ask('POST', '/internal/v1/leases', {
        tenant: world.tenant,
        connection,
        credentialVersion: 1,
        agent: world.agent.id,
        session: world.session,
        decision: newId('dec', Date.now()),
      })
    ).status
  expect(await lease()).toBe(200)
  const remint = async () => {
    await world.ask('POST', `connections/${connection}/suspend`)
    await world.ask('POST', `connections/${connection}/resume`)
  }
  return { ...world, connection, lease, remint }
}

const noKeyMade = () => Promise.reject(new Error('the tenant has a data key'))
const LATEST_KEY =
  'select version, wrapped_dek as wrapped from writ.tenant_keys where tenant_id = $1 order by version desc limit 1'

describe('a lease', () => {
  it('is not given while the tenant is suspended', async () => {
    const { ask, lease } = await given()
    await ask('POST', 'tenant/suspend')
    expect(await lease()).toBe(404)
    await ask('POST', 'tenant/resume')
    expect(await lease()).toBe(200)
  })

  it('is not given while the connection is suspended', async () => {
    const { ask, lease, connection } = await given()
    await ask('POST', `connections/${connection}/suspend`)
    expect(await lease()).toBe(404)
    await ask('POST', `connections/${connection}/resume`)
    expect(await lease()).toBe(200)
  })

  it.each(['agents', 'humans'] as const)('is not given to %s in a suspended group', async (kind) => {
    const { ask, lease, agent, defaultGroup } = await given()
    const { id } = (await ask('POST', 'access-groups', { name: 'night shift' })).body
    const principal = kind === 'agents' ? agent.id : agent.human
    await ask('PUT', `${kind}/${principal}/groups`, { groups: [defaultGroup, id] })
    await ask('POST', `access-groups/${id}/suspend`)
    expect(await lease()).toBe(404)
    await ask('POST', `access-groups/${id}/resume`)
    expect(await lease()).toBe(200)
  })

  it('is not given after somebody changed the URL in the database', async () => {
    const { lease, remint, connection } = await given()
    await plane.query('update writ.connections set url = $2 where id = $1', [
      connection,
      'https://thief.example/mcp',
    ])
    await remint()
    expect(await lease()).toBe(500)
    await plane.query('update writ.connections set url = $2 where id = $1', [connection, NEW_CONNECTION.url])
    await remint()
    expect(await lease()).toBe(200)
  })

  it('is given also of a credential that was sealed before origins were part of its place', async () => {
    const { lease, connection, tenant } = await given()
    const latest = async () => (await plane.query<WrappedDek>(LATEST_KEY, [tenant]))[0] ?? null
    const envelope = createEnvelope(plane.app.get(MasterKey), { latest, version: latest, add: noKeyMade })
    const place = { tenant, table: 'connections', row: connection, column: 'sealed_secret.1' }
    await plane.query('update writ.connections set sealed_secret = $2 where id = $1', [
      connection,
      Buffer.from(await envelope.seal('secret-of-the-crm', place)),
    ])
    expect(await lease()).toBe(200)
  })

  it('is not given for a human who is suspended, nor after all sessions ended', async () => {
    const one = await given()
    await one.ask('POST', `humans/${one.agent.human}/suspend`)
    expect(await one.lease()).toBe(404)
    const other = await given()
    await other.ask('POST', 'tenant/revoke-all')
    expect(await other.lease()).toBe(404)
  })
})
