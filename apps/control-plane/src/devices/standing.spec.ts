import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { createLeaseKey } from '@writ/credentials'
import { Client } from 'pg'
import { deviceJoinRequest, joinedDevice, sendJoin } from '../testing/devices.ts'
import { generateKeyPem, enrolAgent } from '@writ/identity'
import { agentPorts } from '../testing/agents.ts'
import type { EnrolledAgent } from '../testing/agents.ts'
import { givenControlPlane, ORIGIN } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import type { World } from '../testing/worlds.ts'
import { claimOf, givenDeviceWorld, visit, visitsOf } from './wire.fixture.ts'

jest.setTimeout(60_000)

let plane: ControlPlane

beforeAll(async () => {
  plane = await givenControlPlane()
})
afterAll(() => plane?.close())

const LOCK = `with locked as (update writ.agents set status = 'locked' where id = $1) select pg_notify('writ_changes', '')`

/** As after a machine was lost. */
async function enrolAnew(world: World): Promise<EnrolledAgent> {
  const { body } = await world.ask('POST', `agents/${world.agent.id}/enrolment-tokens`)
  const { privateKey: identityKey } = generateKeyPem()
  const endpoint = `${ORIGIN}/t/${world.slug}/enrol`
  const answer = await enrolAgent({ endpoint, token: body.token, identityKey, ports: agentPorts(plane) })
  return { ...world.agent, identityKey, answer }
}

async function someoneWaits(): Promise<void> {
  const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  while ((await plane.query(waiting)).length === 0) await pause(20)
}

/** What ends the standing of an agent's device. */
const ENDINGS: readonly (readonly [what: string, end: (world: World) => Promise<unknown>])[] = [
  ['its agent is suspended', ({ ask, agent }) => ask('POST', `agents/${agent.id}/suspend`)],
  ['its agent is revoked', ({ ask, agent }) => ask('POST', `agents/${agent.id}/revoke`)],
  ['its agent is locked, as two hold its key', ({ agent }) => plane.query(LOCK, [agent.id])],
  ['its agent enrols anew, with another key', enrolAnew],
  ['its human is suspended', ({ ask, agent }) => ask('POST', `humans/${agent.human}/suspend`)],
  ['its tenant is suspended', ({ ask }) => ask('POST', 'tenant/suspend')],
]
const TAKEN_ALWAYS = ['DeviceRecords.batch', 'DeviceRecords.heads']

describe('when', () => {
  it.each(ENDINGS)('%s, a device gets nothing more, and its records are taken', async (_, end) => {
    const world = await givenDeviceWorld(plane)
    const own = await joinedDevice(plane, world.slug, world.agent)
    const visits = Object.entries(await visitsOf(plane, own, world))
    const { seq } = (await visit(own, { method: 'GET', path: 'changes' })).body
    const waiting = visit(own, { method: 'GET', path: `changes?after=${seq}&waitSeconds=20` })
    await new Promise((resolve) => setTimeout(resolve, 100))
    await end(world)
    expect((await waiting).status).toBe(403)
    for (const [name, request] of visits) {
      const { status } = await visit(own, request)
      expect([name, status < 300, status]).toEqual([
        name,
        TAKEN_ALWAYS.includes(name),
        TAKEN_ALWAYS.includes(name) ? status : 403,
      ])
    }
  })

  it('nothing of that is so, each of these requests is granted', async () => {
    const world = await givenDeviceWorld(plane)
    const own = await joinedDevice(plane, world.slug, world.agent)
    for (const [name, request] of Object.entries(await visitsOf(plane, own, world))) {
      const { status } = await visit(own, request)
      expect([name, status < 300, status]).toEqual([name, true, status])
    }
  })

  it('its agent counts again, so does its device', async () => {
    const world = await givenDeviceWorld(plane)
    const own = await joinedDevice(plane, world.slug, world.agent)
    const changes = () => visit(own, { method: 'GET', path: 'changes' })
    await world.ask('POST', `agents/${world.agent.id}/suspend`)
    expect((await changes()).status).toBe(403)
    await world.ask('POST', `agents/${world.agent.id}/resume`)
    expect((await changes()).status).toBe(200)
  })

  it('its agent has enrolled anew, it counts again once it joins with the new key', async () => {
    const world = await givenDeviceWorld(plane)
    const own = await joinedDevice(plane, world.slug, world.agent)
    const changes = () => visit(own, { method: 'GET', path: 'changes' })
    const { identityKey } = await enrolAnew(world)
    const body = JSON.stringify(deviceJoinRequest(own.key, createLeaseKey()))
    const joining = { slug: world.slug, body, nodeKey: own.key }
    const { identityKey: lost } = world.agent
    expect((await sendJoin(plane, { ...joining, identityKey: lost })).status).toBe(403)
    expect((await changes()).status).toBe(403)
    expect((await sendJoin(plane, { ...joining, identityKey })).body.node).toBe(own.id)
    expect((await changes()).status).toBe(200)
  })

  it('its agent enrols anew, whoever joins with the key of before at that very moment counts no more', async () => {
    const world = await givenDeviceWorld(plane)
    const { slug, agent } = world
    const own = await joinedDevice(plane, slug, agent)
    const { body } = await world.ask('POST', `agents/${agent.id}/enrolment-tokens`)
    const holder = new Client({ connectionString: plane.ownerUrl })
    await holder.connect()
    try {
      // Its bundle waits for this row: the enrolment is under way and not yet committed.
      await holder.query('begin')
      await holder.query('select from writ.tenants where id = $1 for no key update', [world.tenant])
      const enrolling = enrolAgent({
        endpoint: `${ORIGIN}/t/${slug}/enrol`,
        token: body.token,
        identityKey: generateKeyPem().privateKey,
        ports: agentPorts(plane),
      })
      await someoneWaits()
      const rejoining = sendJoin(plane, {
        slug,
        body: JSON.stringify(deviceJoinRequest(own.key)),
        identityKey: agent.identityKey,
        nodeKey: own.key,
      })
      await pause(500)
      await holder.query('rollback')
      await Promise.all([enrolling, rejoining])
    } finally {
      await holder.end()
    }
    expect((await visit(own, { method: 'GET', path: 'changes' })).status).toBe(403)
  })

  it('its tenant is suspended while people are asked, what they approve is not used up any more', async () => {
    const world = await givenDeviceWorld(plane)
    const own = await joinedDevice(plane, world.slug, world.agent)
    const claim = await claimOf(plane, world, { waitSeconds: 5 })
    const waiting = visit(own, { method: 'POST', path: 'approvals', body: claim })
    await new Promise((resolve) => setTimeout(resolve, 200))
    const [open] = (await world.ask('GET', 'approvals')).body.items
    await plane.query('update writ.tenants set suspended_at = now() where id = $1', [world.tenant])
    await plane.query(`update writ.approvals set state = 'approved' where id = $1`, [open.id])
    expect((await waiting).status).toBe(403)
    const [row] = await plane.query<{ state: string }>('select state from writ.approvals where id = $1', [
      open.id,
    ])
    expect(row?.state).toBe('approved')
  })
})
