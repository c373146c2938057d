import { randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import {
  createAgentSession,
  enrolAgent,
  generateKeyPem,
  publicJwkOf,
  rotateIdentity,
  thumbprintOf,
} from '@writ/identity'
import { agentPorts, enrolledAgent, invitedAgent } from '../testing/agents.ts'
import type { EnrolledAgent } from '../testing/agents.ts'
import { givenControlPlane, ORIGIN } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { newestBundle } from '../testing/worlds.ts'
import {
  claimsOf,
  CLIENT_CREDENTIALS,
  draftOf,
  issuerOf,
  newJti,
  post,
  send,
  signJwt,
  withClaims,
} from './negative/draft.suite.ts'
import type { Got, Jwt } from './negative/draft.suite.ts'

jest.setTimeout(60_000)

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

async function newTenant() {
  const { tenant, ownerKey } = await plane.newTenant()
  return { slug: tenant.slug, key: ownerKey.key }
}

const newKey = (): KeyObject => generateKeyPem().privateKey
const ports = () => agentPorts(plane, () => nowMs)
const newAgent = () => enrolledAgent(plane, acme.slug, acme.key)
const events = (target: string) =>
  plane.query<{ administration: { by: { kind: string }; route: string; after: unknown } }>(
    `select administration::jsonb as administration from writ.administration_events
     where administration::jsonb->>'target' = $1 order by seq`,
    [target],
  )

/** A token under a new session key, by an assertion that says this count. */
function session(agent: EnrolledAgent, joinSeq?: number, sessionKey = newKey()): Promise<Got> {
  const draft = draftOf(acme.slug, agent, { sessionKey, parameters: CLIENT_CREDENTIALS, atMs: nowMs })
  const assertion = draft.assertion && withClaims(draft.assertion, { join_seq: joinSeq })
  return send(plane, { ...draft, assertion })
}

type Rotation = {
  statement: Jwt
  proof: Jwt
}

/** A rotation that is right, but for the nonce. */
function rotationOf(agent: EnrolledAgent, to: KeyObject): Rotation {
  const iat = Math.floor(nowMs / 1000)
  return {
    statement: {
      header: { typ: 'writ-rotation+jwt', alg: 'ES256' },
      claims: {
        iss: agent.id,
        sub: agent.id,
        aud: issuerOf(acme.slug),
        iat,
        exp: iat + 60,
        jti: newJti(),
        cnf: { jkt: thumbprintOf(publicJwkOf(to)) },
      },
      key: agent.identityKey,
    },
    proof: {
      header: { typ: 'dpop+jwt', alg: 'ES256', jwk: publicJwkOf(to) },
      claims: { jti: newJti(), htm: 'POST', htu: `${issuerOf(acme.slug)}/rotate`, iat },
      key: to,
    },
  }
}

const attempt = ({ statement, proof }: Rotation): Promise<Got> =>
  post(
    `${plane.url}/t/${acme.slug}/oauth/rotate`,
    ['content-type', 'application/json', 'dpop', signJwt(proof)],
    JSON.stringify({ statement: signJwt(statement) }),
  )

async function rotate(rotation: Rotation): Promise<Got> {
  const nonce = String((await attempt(rotation)).headers['dpop-nonce'])
  return attempt({ ...rotation, proof: withClaims(rotation.proof, { nonce, jti: newJti() }) })
}

const said = (rotation: Rotation, claims: object): Rotation => ({
  ...rotation,
  statement: withClaims(rotation.statement, { ...claims }),
})

const typed = (rotation: Rotation, typ: string): Rotation => ({
  ...rotation,
  statement: { ...rotation.statement, header: { ...rotation.statement.header, typ } },
})

describe('a rotation of the identity key', () => {
  it('is what the agent library does, is a record, and leaves sessions alone', async () => {
    const agent = await newAgent()
    const sessionKey = newKey()
    const { sid } = claimsOf(await session(agent, undefined, sessionKey))
    const newIdentity = newKey()
    const endpoint = `${issuerOf(acme.slug)}/rotate`
    const order = { endpoint, issuer: issuerOf(acme.slug), agentId: agent.id, currentKey: agent.identityKey }
    const answer = await rotateIdentity({ ...order, newKey: newIdentity, ports: ports() })
    expect(answer.identityKey).toBe(thumbprintOf(publicJwkOf(newIdentity)))
    const renewed = await session({ ...agent, identityKey: newIdentity }, undefined, sessionKey)
    expect(claimsOf(renewed).sid).toBe(sid)
    expect((await events(agent.id)).at(-1)?.administration).toMatchObject({
      by: { kind: 'agent' },
      after: { identityKey: answer.identityKey },
    })
  })

  it('A15 is refused when only one of the two keys signs', async () => {
    const agent = await newAgent()
    const to = newKey()
    const right = rotationOf(agent, to)
    const onlyNew = await rotate({ ...right, statement: { ...right.statement, key: to } })
    expect([onlyNew.status, onlyNew.error]).toEqual([401, 'invalid_client'])
    const byOld = rotationOf(agent, to)
    const proof = { ...rotationOf(agent, agent.identityKey).proof }
    const onlyOld = await rotate({ ...byOld, proof })
    expect([onlyOld.status, onlyOld.error]).toEqual([400, 'invalid_dpop_proof'])
    expect((await rotate(rotationOf(agent, to))).status).toBe(200)
  })

  it.each([
    ['has no nonce', (right: Rotation) => attempt(right), 'use_dpop_nonce'],
    [
      'is for another tenant',
      (right: Rotation) => rotate(said(right, { aud: issuerOf(beta.slug) })),
      'invalid_client',
    ],
    [
      'names another key',
      (right: Rotation) => rotate(said(right, { cnf: { jkt: 'A'.repeat(43) } })),
      'invalid_dpop_proof',
    ],
    ['names no key', (right: Rotation) => rotate(said(right, { cnf: undefined })), 'invalid_client'],
    [
      'is an assertion',
      (right: Rotation) => rotate(typed(right, 'client-authentication+jwt')),
      'invalid_client',
    ],
    [
      'has ended',
      (right: Rotation) => rotate(said(right, { exp: Math.floor(nowMs / 1000) - 1 })),
      'invalid_client',
    ],
  ])('that %s is refused', async (_, send_, error) => {
    const got = await send_(rotationOf(await newAgent(), newKey()))
    expect([got.error, got.body.identityKey]).toEqual([error, undefined])
  })

  it('A16 leaves the old key for a day, and not to rotate with', async () => {
    const agent = await newAgent()
    const to = newKey()
    expect((await rotate(rotationOf(agent, to))).status).toBe(200)
    expect((await session(agent)).status).toBe(200)
    expect((await session({ ...agent, identityKey: to })).status).toBe(200)
    expect((await rotate(rotationOf(agent, newKey()))).error).toBe('invalid_client')
    nowMs += 24 * 3_600_000 + 1
    expect((await session(agent)).error).toBe('invalid_client')
    expect((await session({ ...agent, identityKey: to })).status).toBe(200)
  })

  it('takes no key that ever was an identity, of whichever tenant, nor a session key', async () => {
    const [agent, other] = [await newAgent(), await newAgent()]
    const foreign = await enrolledAgent(plane, beta.slug, beta.key)
    const sessionKey = newKey()
    await session(other, undefined, sessionKey)
    const replaced = other.identityKey
    expect((await rotate(rotationOf(other, newKey()))).status).toBe(200)
    for (const taken of [agent.identityKey, replaced, foreign.identityKey, sessionKey])
      expect((await rotate(rotationOf(agent, taken))).error).toBe('invalid_grant')
  })
})

const enrol = (token: string, identityKey: KeyObject) =>
  enrolAgent({ endpoint: `${ORIGIN}/t/${acme.slug}/enrol`, token, identityKey, ports: ports() })

const right = () => publicJwkOf(newKey())

describe('an enrolment key', () => {
  it('A13 that is an identity anywhere is refused with one answer, and the token is as it was', async () => {
    const mine = await newAgent()
    const foreign = await enrolledAgent(plane, beta.slug, beta.key)
    const { token } = await invitedAgent(plane, acme.key)
    const answers = []
    for (const key of [mine.identityKey, foreign.identityKey])
      answers.push(await enrol(token, key).catch((error: unknown) => error))
    expect(answers[0]).toMatchObject({ status: 403 })
    expect(answers[1]).toEqual(answers[0])
    const unknown = `wen_${'0'.repeat(26)}.${'A'.repeat(43)}`
    expect(await enrol(unknown, newKey()).catch((error: unknown) => error)).toEqual(answers[0])
    expect(await enrol(token, newKey())).toMatchObject({ joinSeq: 0 })
  })

  it.each([
    ['off the curve', () => ({ ...right(), y: right().y })],
    [
      'with a coordinate of 33 bytes',
      () => ({ ...right(), x: Buffer.concat([Buffer.alloc(1), randomBytes(32)]).toString('base64url') }),
    ],
    ['with unused bits in a coordinate', () => ({ ...right(), x: `${right().x.slice(0, 42)}B` })],
    [
      'of small order',
      () => ({ kty: 'OKP', crv: 'Ed25519', x: Buffer.from([1, ...Array(31).fill(0)]).toString('base64url') }),
    ],
    ['of another curve', () => ({ kty: 'EC', crv: 'secp256k1', x: right().x, y: right().y })],
    ['that is a secret', () => ({ kty: 'oct', k: 'AAAA' })],
  ])('A14 %s is refused', async (_, jwk) => {
    const { token } = await invitedAgent(plane, acme.key)
    const iat = Math.floor(nowMs / 1000)
    const proof = signJwt({
      header: { typ: 'dpop+jwt', alg: 'ES256', jwk: jwk() },
      claims: { jti: newJti(), htm: 'POST', htu: `${ORIGIN}/t/${acme.slug}/enrol`, iat },
      key: newKey(),
    })
    const fields = ['content-type', 'application/json', 'dpop', proof]
    const got = await post(`${plane.url}/t/${acme.slug}/enrol`, fields, JSON.stringify({ token }))
    expect([got.status, String(got.headers['www-authenticate'])]).toEqual([
      401,
      expect.stringContaining('DPoP'),
    ])
    expect(await enrol(token, newKey())).toMatchObject({ tenant: acme.slug })
  })
})

describe('an agent that counts its sessions', () => {
  it('learns the next count with each token, and the library keeps it', async () => {
    const agent = await newAgent()
    const kept: number[] = []
    const library = createAgentSession({
      issuer: issuerOf(acme.slug),
      tokenEndpoint: `${issuerOf(acme.slug)}/token`,
      agentId: agent.id,
      identityKey: agent.identityKey,
      sessionKey: newKey(),
      joinSeq: agent.answer.joinSeq,
      keepJoinSeq: (next) => kept.push(next),
      ports: ports(),
    })
    await library.accessToken()
    expect(kept).toEqual([1])
    expect((await session(agent, 1)).body.join_seq).toBe(2)
  })

  it('is not stopped by a retry with the same session key, nor by a renewal with an old count', async () => {
    const agent = await newAgent()
    const sessionKey = newKey()
    expect((await session(agent, 0, sessionKey)).body.join_seq).toBe(1)
    expect((await session(agent, 0, sessionKey)).body.join_seq).toBe(1)
    expect((await session(agent, 1)).body.join_seq).toBe(2)
    expect((await session(agent, 0, sessionKey)).status).toBe(200)
  })

  it('goes on counting once it began', async () => {
    const agent = await newAgent()
    expect((await session(agent)).status).toBe(200)
    expect((await session(agent, 0)).status).toBe(200)
    expect((await session(agent)).error).toBe('invalid_grant')
  })

  it('A17 may be behind once, and is locked the next time: both copies, their tokens, and on record', async () => {
    const agent = await newAgent()
    const copy = { ...agent }
    expect((await session(agent, 0)).status).toBe(200)
    expect((await session(copy, 0)).body.join_seq).toBe(1)
    expect((await events(agent.id)).at(-1)?.administration).toMatchObject({ by: { kind: 'platform' } })
    expect((await session(agent, 1)).status).toBe(200)
    const caught = await session(copy, 1)
    expect([caught.status, caught.error]).toEqual([400, 'invalid_grant'])
    expect((await session(agent, 2)).error).toBe('invalid_client')
    const view = await plane.ask('GET', `/api/v1/agents/${agent.id}`, { key: acme.key })
    expect(view.body.status).toBe('locked')
    const bundle = await newestBundle(plane, acme.slug)
    expect(bundle.agents.map(({ id }) => id)).not.toContain(agent.id)
    expect((await events(agent.id)).at(-1)?.administration).toMatchObject({ after: { status: 'locked' } })
    const invitation = await plane.ask('POST', `/api/v1/agents/${agent.id}/enrolment-tokens`, {
      key: acme.key,
    })
    const identityKey = newKey()
    await enrolAgent({
      endpoint: `${ORIGIN}/t/${acme.slug}/enrol`,
      token: invitation.body.token,
      identityKey,
      ports: ports(),
    })
    expect((await session({ ...agent, identityKey }, 0)).status).toBe(200)
  })

  it('that is long behind is locked at once', async () => {
    const agent = await newAgent()
    for (const count of [0, 1, 2]) expect((await session(agent, count)).status).toBe(200)
    expect((await session(agent, 0)).error).toBe('invalid_grant')
    expect((await session(agent, 3)).error).toBe('invalid_client')
  })
})

describe('an agent that an admin suspends', () => {
  it('gets no token and no invitation, and goes on with its session afterwards, under a new epoch', async () => {
    const agent = await newAgent()
    const act = (what: string) => plane.ask('POST', `/api/v1/agents/${agent.id}/${what}`, { key: acme.key })
    const sessionKey = newKey()
    const before = claimsOf(await session(agent, undefined, sessionKey))
    expect((await act('suspend')).body.status).toBe('suspended')
    expect((await act('suspend')).body.status).toBe('suspended')
    expect((await session(agent, undefined, sessionKey)).error).toBe('invalid_client')
    expect((await act('enrolment-tokens')).status).toBe(409)
    expect((await act('resume')).body.status).toBe('enrolled')
    const after = claimsOf(await session(agent, undefined, sessionKey))
    expect([after.sid, after.epo.a > before.epo.a]).toEqual([before.sid, true])
  })

  it('is not enrolled by an invitation of before', async () => {
    const agent = await newAgent()
    const invitation = await plane.ask('POST', `/api/v1/agents/${agent.id}/enrolment-tokens`, {
      key: acme.key,
    })
    await plane.ask('POST', `/api/v1/agents/${agent.id}/suspend`, { key: acme.key })
    const order = { endpoint: `${ORIGIN}/t/${acme.slug}/enrol`, token: invitation.body.token, ports: ports() }
    await expect(enrolAgent({ ...order, identityKey: newKey() })).rejects.toMatchObject({ status: 403 })
  })
})
