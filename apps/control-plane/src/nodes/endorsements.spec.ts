import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { rawPublicKey } from '@writ/audit'
import { createLeaseKey } from '@writ/credentials'
import { Client } from 'pg'
import { newId } from '../ids-and-secrets.ts'
import { joinedDevice } from '../testing/devices.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { askingAs, joinedNode, joinHeaders, joinRequest, newNodeKey } from '../testing/nodes.ts'
import { givenWorld } from '../testing/worlds.ts'
import { Endorsements } from './endorsements.ts'

const CHANGES = 'changes?after=0'

let plane: ControlPlane
let writer: Client

beforeAll(async () => {
  plane = await givenControlPlane()
  writer = new Client({ connectionString: plane.appUrl })
  await writer.connect()
})
afterAll(async () => {
  await writer?.end()
  await plane?.close()
})

/** Stands in the database as a gateway does, and never knew the join secret. */
async function intruder(endorsement: string | null = null) {
  const [id, key] = [newId('nod', Date.now()), newNodeKey()]
  await writer.query(
    `insert into writ.nodes (id, name, public_key, lease_key, origin, build) values ($1, 'gateway-2', $2, $3, 'http://127.0.0.1:7411', 'x')`,
    [id, rawPublicKey(key), createLeaseKey().publicJwk],
  )
  await writer.query('update writ.nodes set endorsement = $2 where id = $1', [id, endorsement])
  return { id, ask: askingAs(plane, id, key) }
}

const endorsementOf = async (id: string): Promise<string> => {
  const [row] = await plane.query<{ endorsement: string }>(
    'select endorsement from writ.nodes where id = $1',
    [id],
  )
  return row?.endorsement ?? ''
}

describe('whoever writes into the database with the login of the control plane', () => {
  it('makes no gateway by a row, and it is said once', async () => {
    const { id, ask } = await intruder()
    for (const _ of [1, 2]) expect((await ask('GET', `/internal/v1/${CHANGES}`)).status).toBe(401)
    expect(plane.logged().split(`the node ${id} in the database was not let in by us`)).toHaveLength(2)
  })

  it('makes none by the endorsement of another one', async () => {
    const node = await joinedNode(plane)
    const { ask } = await intruder(await endorsementOf(node.id))
    expect((await ask('GET', `/internal/v1/${CHANGES}`)).status).toBe(401)
  })

  it('puts no lease key of their own into the place of that of a gateway, which joins again', async () => {
    const node = await joinedNode(plane)
    await writer.query('update writ.nodes set lease_key = $2 where id = $1', [
      node.id,
      createLeaseKey().publicJwk,
    ])
    expect((await node.ask('GET', `/internal/v1/${CHANGES}`)).status).toBe(401)
    const body = JSON.stringify(joinRequest(node.key, node.leaseKey))
    await plane.ask('POST', '/internal/v1/join', { body, headers: joinHeaders(body, node.key) })
    expect((await node.ask('GET', `/internal/v1/${CHANGES}`)).status).toBe(200)
  })

  it('makes of a device none of another tenant, nor of another agent, nor a gateway', async () => {
    const [home, other] = [await givenWorld(plane), await givenWorld(plane)]
    const device = await joinedDevice(plane, home.slug, home.agent)
    expect((await device.ask('GET', `${device.at}/${CHANGES}`)).status).toBe(200)
    await plane.query(
      `insert into writ.devices (tenant_id, id, agent_id, joined_at, proven_at) values ($1, $2, $3, now(), now())`,
      [other.tenant, device.id, other.agent.id],
    )
    expect((await device.ask('GET', `/t/${other.slug}/device/v1/${CHANGES}`)).status).toBe(401)
    await plane.query(`update writ.nodes set kind = 'gateway' where id = $1`, [device.id])
    expect((await device.ask('GET', `/internal/v1/${CHANGES}`)).status).toBe(401)
  })

  it('does not take away the key that endorses, to have everything endorsed anew', async () => {
    await expect(
      writer.query(`delete from writ.platform_keys where purpose = 'endorsement'`),
    ).rejects.toThrow('permission denied')
    await expect(
      writer.query(`update writ.platform_keys set purpose = 'x' where purpose = 'endorsement'`),
    ).rejects.toThrow('permission denied')
  })
})

describe('nodes that joined before there were endorsements', () => {
  it('are endorsed when the key is made, and nothing is later', async () => {
    const world = await givenWorld(plane)
    const node = await joinedNode(plane)
    const device = await joinedDevice(plane, world.slug, world.agent)
    await plane.query(`delete from writ.platform_keys where purpose = 'endorsement'`)
    await plane.query('update writ.nodes set endorsement = null')
    await plane.app.get(Endorsements).onModuleInit()
    const late = await intruder()
    await plane.app.get(Endorsements).onModuleInit()
    expect((await node.ask('GET', `/internal/v1/${CHANGES}`)).status).toBe(200)
    expect((await device.ask('GET', `${device.at}/${CHANGES}`)).status).toBe(200)
    expect((await late.ask('GET', `/internal/v1/${CHANGES}`)).status).toBe(401)
  })
})
