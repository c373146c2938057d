import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { formatId, GRANT_TYPES } from '@writ/contracts'
import { generateKeyPem } from '@writ/identity'
import { TenantScope } from '@writ/postgres'
import { draftOf, post, send, signJwt } from '../authority/negative/draft.suite.ts'
import type { Got } from '../authority/negative/draft.suite.ts'
import { enrolledAgent, invitedAgent } from '../testing/agents.ts'
import { givenControlPlane, ORIGIN } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'

jest.setTimeout(120_000)

let plane: ControlPlane
let known: string
let owner: string
/** statements that the tenant's transactions asked since it was set back */
let statements = 0

beforeAll(async () => {
  plane = await givenControlPlane()
  const made = await plane.newTenant()
  ;[known, owner] = [made.tenant.slug, made.ownerKey.key]
  countStatements()
})
afterAll(() => plane?.close())

/** The scope is an object of ours: it is asked in between, and does what it did. */
function countStatements(): void {
  const scope = plane.app.get(TenantScope)
  const run = scope.run.bind(scope)
  scope.run = (tenant, work) =>
    run(tenant, (manager) => {
      const query = manager.query.bind(manager)
      manager.query = (...asked: Parameters<typeof query>) => {
        statements += 1
        return query(...asked)
      }
      return work(manager)
    })
}

const agentId = () => formatId('agt', Date.now(), randomBytes(10))
const key = () => generateKeyPem().privateKey
const secret = () => randomBytes(32).toString('base64url')
const nobodys = () => `${agentId().replace('agt', 'wen')}.${secret()}`
const NOWHERE = 'nobody-here'

type Try = () => Promise<Got>
/** What an outsider may try, by what is wrong with it. */
type Tries = Readonly<Record<string, Try>>

/** @param parameters of a token request, or of a device that asks for a code */
function asAgents(endpoint: string, parameters: Readonly<Record<string, string>>): () => Promise<Tries> {
  return async () => {
    const agent = await enrolledAgent(plane, known, owner)
    const revoked = await enrolledAgent(plane, known, owner)
    await plane.ask('POST', `/api/v1/agents/${revoked.id}/revoke`, { key: owner })
    const elsewhere = await plane.newTenant()
    const foreign = await enrolledAgent(plane, elsewhere.tenant.slug, elsewhere.ownerKey.key)
    const asking = (slug: string, client: { id: string; identityKey: ReturnType<typeof key> }) => () =>
      send(plane, draftOf(slug, client, { sessionKey: key(), parameters, endpoint }))
    return {
      'no such tenant': () => asking(NOWHERE, { id: agentId(), identityKey: key() })(),
      'no such agent': () => asking(known, { id: agentId(), identityKey: key() })(),
      'another key': () => asking(known, { id: agent.id, identityKey: key() })(),
      'a revoked agent': asking(known, revoked),
      'an agent of another tenant': asking(known, foreign),
    }
  }
}

/** Enrolments with a token that does not count. */
async function enrolments(): Promise<Tries> {
  const { token } = await invitedAgent(plane, owner)
  const [id = ''] = token.split('.')
  const sending = async (slug: string, sent: string, nonce?: string): Promise<Got> => {
    const [proof] = draftOf(slug, { id, identityKey: key() }, { sessionKey: key(), parameters: {} }).proofs
    if (!proof) throw new Error('a draft has a proof')
    const claims = {
      ...proof.claims,
      htu: `${ORIGIN}/t/${slug}/enrol`,
      ...(nonce !== undefined && { nonce }),
    }
    const fields = ['content-type', 'application/json', 'dpop', signJwt({ ...proof, claims })]
    return post(`${plane.url}/t/${slug}/enrol`, fields, JSON.stringify({ token: sent }))
  }
  const nonces = new Map<string, string>()
  const nonceOf = async (slug: string) =>
    nonces.get(slug) ?? String((await sending(slug, nobodys())).headers['dpop-nonce'])
  const trying = (slug: string, sent: () => string) => async () => {
    nonces.set(slug, await nonceOf(slug))
    return sending(slug, sent(), nonces.get(slug))
  }
  return {
    'no such tenant': trying(NOWHERE, nobodys),
    'no such token': trying(known, nobodys),
    'another secret': trying(known, () => `${id}.${secret()}`),
  }
}

const endpoints: readonly (readonly [string, number, () => Promise<Tries>])[] = [
  ['the token endpoint', 401, asAgents('token', { grant_type: GRANT_TYPES.clientCredentials })],
  [
    'the token endpoint, for a device',
    401,
    asAgents('token', {
      grant_type: GRANT_TYPES.deviceCode,
      device_code: randomBytes(32).toString('base64url'),
    }),
  ],
  ['the device endpoint', 401, asAgents('device_authorization', {})],
  ['enrolment', 403, enrolments],
]

/** All of an answer but the date and what is new in every answer. */
const comparable = ({ status, headers, body }: Got, slug: string): string => {
  const kept = Object.entries(headers).filter(([name]) => !['date', 'dpop-nonce'].includes(name))
  return JSON.stringify([status, kept, body]).replaceAll(slug, '<slug>').replaceAll(NOWHERE, '<slug>')
}

const ROUNDS = 21
const TIMES_COUNTED = 3
const median = (of: readonly number[]): number =>
  of.toSorted((a, b) => a - b)[Math.floor(of.length / 2)] ?? Infinity

describe.each(endpoints)('at %s', (_, status, prepare) => {
  let tries: (readonly [string, Try])[]
  beforeAll(async () => {
    tries = Object.entries(await prepare())
  })

  it('everything that does not count has one answer', async () => {
    const answers = new Set<string>()
    for (const [name, attempt] of tries) {
      const answer = await attempt()
      expect([name, answer.status, answer.error]).toEqual([
        name,
        status,
        status === 401 ? 'invalid_client' : null,
      ])
      answers.add(comparable(answer, known))
    }
    expect([...answers]).toHaveLength(1)
  })

  it('asks the database the same number of things', async () => {
    const asked: [string, number][] = []
    for (const [name, attempt] of tries) {
      await attempt()
      const counts: number[] = []
      for (let time = 0; time < TIMES_COUNTED; time += 1) {
        statements = 0
        await attempt()
        counts.push(statements)
      }
      // What the control plane asks of itself meanwhile is counted, too.
      asked.push([name, Math.min(...counts)])
    }
    const [first] = asked
    expect(first?.[1]).toBeGreaterThan(0)
    expect(asked).toEqual(asked.map(([name]) => [name, first?.[1]]))
  })

  it('takes as long', async () => {
    const times = tries.map((): number[] => [])
    for (let round = 0; round < ROUNDS; round += 1)
      for (const [at, [, attempt]] of tries.entries()) {
        const fromMs = performance.now()
        await attempt()
        times[at]?.push(performance.now() - fromMs)
      }
    const medians = times.map(median)
    // A leak that many tries would show is one of the kind that the two tests above and the room of identity hold shut.
    expect(Math.max(...medians) / Math.min(...medians)).toBeLessThan(2)
  })
})
