import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { enrolledAgent, newHuman } from '../testing/agents.ts'
import type { EnrolledAgent } from '../testing/agents.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { sessionOf } from '../testing/worlds.ts'

jest.setTimeout(60_000)

let plane: ControlPlane
let slug: string
let owner: string
let mine: EnrolledAgent
let theirs: EnrolledAgent
let developer: string

beforeAll(async () => {
  plane = await givenControlPlane()
  const made = await plane.newTenant()
  slug = made.tenant.slug
  owner = made.ownerKey.key
  mine = await enrolledAgent(plane, slug, owner)
  theirs = await enrolledAgent(plane, slug, owner)
  developer = (
    await plane.ask('POST', '/api/v1/api-keys', {
      key: owner,
      body: { name: 'developer', role: 'developer', human: mine.human },
    })
  ).body.key
})
afterAll(() => plane?.close())

const ask = (method: string, path: string, body?: unknown) =>
  plane.ask(method, `/api/v1/${path}`, { key: developer, ...(body !== undefined && { body }) })

describe('a developer', () => {
  it('sees their own agents and sessions, and none of others', async () => {
    const [own, other] = [await sessionOf(plane, slug, mine), await sessionOf(plane, slug, theirs)]
    expect((await ask('GET', 'agents')).body.items.map(({ id }: { id: string }) => id)).toEqual([mine.id])
    expect((await ask('GET', 'sessions')).body.items.map(({ id }: { id: string }) => id)).toEqual([own])
    expect((await ask('GET', `agents/${mine.id}`)).status).toBe(200)
    expect((await ask('GET', `agents/${theirs.id}`)).status).toBe(404)
    expect((await ask('GET', `sessions/${own}`)).status).toBe(200)
    expect((await ask('GET', `sessions/${other}`)).status).toBe(404)
  })

  it('changes their own, and nothing of others', async () => {
    const other = await sessionOf(plane, slug, theirs)
    for (const path of [
      `agents/${theirs.id}/suspend`,
      `agents/${theirs.id}/resume`,
      `agents/${theirs.id}/revoke`,
      `agents/${theirs.id}/enrolment-tokens`,
    ])
      expect([path, (await ask('POST', path)).status]).toEqual([path, 404])
    expect((await ask('DELETE', `sessions/${other}`)).status).toBe(404)
    const own = await sessionOf(plane, slug, mine)
    expect((await ask('DELETE', `sessions/${own}`)).status).toBe(204)
    expect((await ask('POST', `agents/${mine.id}/suspend`)).body.status).toBe('suspended')
    expect((await ask('POST', `agents/${mine.id}/resume`)).body.status).toBe('enrolled')
  })

  it('makes agents for themselves only', async () => {
    const somebody = await newHuman(plane, owner)
    expect((await ask('POST', 'agents', { name: 'for-another', human: somebody.id })).status).toBe(404)
    expect((await ask('POST', 'agents', { name: 'for-me', human: mine.human })).status).toBe(201)
  })
})
