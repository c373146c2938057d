import { randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { EnrolmentAnswer } from '@writ/contracts'
import { generateKeyPem, signProof } from '@writ/identity'
import { invitedAgent } from '../testing/agents.ts'
import { givenControlPlane, ORIGIN } from '../testing/given.ts'
import type { Answer, ControlPlane } from '../testing/given.ts'

let plane: ControlPlane
let acme: { slug: string; key: string }
let beta: { slug: string; key: string }
let nowMs = Date.now()

beforeAll(async () => {
  nowMs = Date.now()
  plane = await givenControlPlane({ clock: { nowMs: () => nowMs } })
  acme = await newTenant()
  beta = await newTenant()
})
afterAll(() => plane?.close())

async function newTenant(): Promise<{ slug: string; key: string }> {
  const { tenant, ownerKey } = await plane.newTenant()
  return { slug: tenant.slug, key: ownerKey.key }
}

async function attempt(
  token: string,
  {
    slug = acme.slug,
    key = generateKeyPem().privateKey,
    nonce = '',
  }: { slug?: string; key?: KeyObject; nonce?: string } = {},
): Promise<Answer> {
  const url = `${ORIGIN}/t/${slug}/enrol`
  const jti = randomBytes(16).toString('base64url')
  const proof = signProof({ key, verb: 'POST', url, nowMs, jti, ...(nonce !== '' && { nonce }) })
  return plane.ask('POST', `/t/${slug}/enrol`, { body: { token }, headers: { dpop: proof } })
}

async function enrol(token: string, options: { slug?: string; key?: KeyObject } = {}): Promise<Answer> {
  const challenge = await attempt(token, options)
  return attempt(token, { ...options, nonce: challenge.headers.get('dpop-nonce') ?? '' })
}

describe('an enrolment', () => {
  it('A12 is challenged for a nonce first and changes nothing by that', async () => {
    const { token } = await invitedAgent(plane, acme.key)
    const challenge = await attempt(token)
    expect(challenge.status).toBe(401)
    expect(challenge.headers.get('www-authenticate')).toContain('error="use_dpop_nonce"')
    expect(challenge.headers.get('dpop-nonce')).toMatch(/^[A-Za-z0-9_-]{20,}$/)
    expect((await enrol(token)).status).toBe(201)
  })

  it('binds the key of the proof and says where to go from here', async () => {
    const { id, token } = await invitedAgent(plane, acme.key)
    const answer = await enrol(token)
    const issuer = `${ORIGIN}/t/${acme.slug}/oauth`
    expect(EnrolmentAnswer.parse(answer.body)).toMatchObject({ agentId: id, tenant: acme.slug, issuer })
    const agent = await plane.ask('GET', `/api/v1/agents/${id}`, { key: acme.key })
    expect(agent.body).toMatchObject({ status: 'enrolled', identityKey: expect.any(String) })
  })

  it('A10 succeeds once of twenty at the same moment', async () => {
    const { token } = await invitedAgent(plane, acme.key)
    const answers = await Promise.all(Array.from({ length: 20 }, () => enrol(token)))
    expect(answers.map(({ status }) => status).sort((one, other) => one - other)).toEqual([
      201,
      ...Array.from({ length: 19 }, () => 403),
    ])
  })

  it('A11 gets one and the same answer for an unknown, wrong, foreign, used and expired token', async () => {
    const foreign = await invitedAgent(plane, beta.key)
    const wrong = await invitedAgent(plane, acme.key)
    const used = await invitedAgent(plane, acme.key)
    await enrol(used.token)
    const revoked = await invitedAgent(plane, acme.key)
    await plane.ask('POST', `/api/v1/agents/${revoked.id}/revoke`, { key: acme.key })
    const answers = [
      await enrol(`wen_${'0'.repeat(26)}.${'A'.repeat(43)}`),
      await enrol(`${wrong.token.split('.')[0]}.${'A'.repeat(43)}`),
      await enrol(foreign.token),
      await enrol(used.token),
      await enrol(revoked.token),
    ]
    const expired = await invitedAgent(plane, acme.key)
    nowMs += 10 * 60_000 + 1
    answers.push(await enrol(expired.token))
    for (const answer of answers) expect([answer.status, answer.text]).toEqual([403, answers[0]?.text])
    expect((await enrol(foreign.token, { slug: beta.slug })).status).toBe(403)
  })

  it('A13 refuses a key that is an identity already, and leaves the token as it was', async () => {
    const taken = await enrolledAgentOfNow()
    const { token } = await invitedAgent(plane, acme.key)
    expect((await enrol(token, { key: taken })).status).toBe(403)
    expect((await enrol(token)).status).toBe(201)
  })

  it('of an agent that is enrolled already replaces its key and begins a new epoch', async () => {
    const { id, token } = await invitedAgent(plane, acme.key)
    await enrol(token)
    const before = await plane.ask('GET', `/api/v1/agents/${id}`, { key: acme.key })
    const again = await plane.ask('POST', `/api/v1/agents/${id}/enrolment-tokens`, { key: acme.key })
    expect((await enrol(again.body.token)).status).toBe(201)
    const after = await plane.ask('GET', `/api/v1/agents/${id}`, { key: acme.key })
    expect(after.body.identityKey).not.toBe(before.body.identityKey)
  })

  it('without a proof, or with a malformed token, is refused', async () => {
    const { token } = await invitedAgent(plane, acme.key)
    expect((await plane.ask('POST', `/t/${acme.slug}/enrol`, { body: { token } })).status).toBe(401)
    expect((await enrol('wen_x')).status).toBe(400)
  })
})

async function enrolledAgentOfNow(): Promise<KeyObject> {
  const { token } = await invitedAgent(plane, acme.key)
  const key = generateKeyPem().privateKey
  expect((await enrol(token, { key })).status).toBe(201)
  return key
}
