import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { generateKeyPem } from '@writ/identity'
import { BRAKE_LIMITS } from '../http/brakes.ts'
import { enrolledAgent, invitedAgent } from '../testing/agents.ts'
import type { EnrolledAgent } from '../testing/agents.ts'
import { givenControlPlane } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { CLIENT_CREDENTIALS, draftOf, send } from './negative/draft.suite.ts'

jest.setTimeout(60_000)

const MOST = 5
let plane: ControlPlane
let acme: { slug: string; key: string }
let beta: { slug: string; key: string }
let agent: EnrolledAgent

beforeAll(async () => {
  plane = await givenControlPlane({
    brakes: {
      ...BRAKE_LIMITS,
      token: { source: MOST, principal: 60 },
      enrolment: { source: MOST, principal: 60 },
    },
  })
  acme = await newTenant()
  beta = await newTenant()
  agent = await enrolledAgent(plane, acme.slug, acme.key)
})
afterAll(() => plane?.close())

async function newTenant() {
  const { tenant, ownerKey } = await plane.newTenant()
  return { slug: tenant.slug, key: ownerKey.key }
}

const ask = (slug: string, identityKey = agent.identityKey) =>
  send(
    plane,
    draftOf(
      slug,
      { id: agent.id, identityKey },
      {
        sessionKey: generateKeyPem().privateKey,
        parameters: CLIENT_CREDENTIALS,
      },
    ),
  )

describe('who fails at the token endpoint again and again', () => {
  it('is slowed down there, while who is right goes on, and at another tenant too', async () => {
    const stranger = generateKeyPem().privateKey
    for (let count = 0; count < MOST; count += 1) expect((await ask(acme.slug, stranger)).status).toBe(401)
    const braked = await ask(acme.slug, stranger)
    expect([braked.status, braked.error]).toEqual([429, 'slow_down'])
    expect(Number(braked.headers['retry-after'])).toBeGreaterThan(0)
    expect((await ask(acme.slug)).status).toBe(200)
    expect((await ask(beta.slug, stranger)).status).toBe(401)
  })

  it('is slowed down at enrolment apart from that', async () => {
    const { token } = await invitedAgent(plane, acme.key)
    const attempt = () => plane.ask('POST', `/t/${acme.slug}/enrol`, { body: { token } })
    for (let count = 0; count < MOST; count += 1) expect((await attempt()).status).toBe(401)
    expect((await attempt()).status).toBe(429)
  })
})
