import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { RefusalCode } from '@writ/contracts'
import { isRefusal, REFUSALS, Refusal } from '@writ/contracts'
import { actorsOf } from './access-token.ts'
import { challengeOf } from './challenge.ts'
import type { World } from './given-world.suite.ts'
import { givenWorld, presentedBy } from './given-world.suite.ts'
import { issueAccessToken } from './issue-access-token.ts'
import { generateKeyPem, importPublicJwk, thumbprintOf } from './keys.ts'
import { createMemoryReplayGuard } from './memory-replay-guard.ts'
import type { Mutation, NegativeCase, Wire } from './negative/attack-kit.ts'
import { authorityOf, forge } from './negative/attack-kit.ts'
import { NEGATIVE_CASES } from './negative/negative-cases.ts'
import { POSITIVES } from './negative/positives.suite.ts'
import { verifyPresented } from './verify-presented.ts'

const realFetch = globalThis.fetch
beforeAll(() => {
  globalThis.fetch = () => {
    throw new Error('verification fetched something')
  }
})
afterAll(() => {
  globalThis.fetch = realFetch
})

const worldFor = ({ needs }: NegativeCase): World => givenWorld({ requiresNonce: needs === 'required nonce' })

describe('a request with one thing wrong', () => {
  it.each(NEGATIVE_CASES.map((row) => [row.id, row.title, row] as const))(
    '%s %s',
    async (_id, _title, row) => {
      const world = worldFor(row)
      const attack = row.mutate(world.kit)
      if (attack.prelude) expect(await world.present(attack.prelude)).not.toBeInstanceOf(Refusal)
      world.setMemoryAway(row.needs === 'lost replay memory')

      const refusal = await world.present(attack)
      expect(codeOf(refusal)).toBe(row.expected.code)
      expect(onTheWire(row.expected.code)).toEqual(row.expected)

      world.setMemoryAway(false)
      expect(await world.present(attack.repaired)).not.toBeInstanceOf(Refusal)
    },
  )

  it('has a row for every refusal code of identity', () => {
    const codes = new Set(NEGATIVE_CASES.map(({ expected }) => expected.code))
    const ofIdentity = Object.entries(REFUSALS)
      .filter(
        ([code, { oauth }]) => (oauth !== null && !OF_OTHERS.has(code)) || code === 'credentials_missing',
      )
      .map(([code]) => code)
    expect([...codes].sort()).toEqual([...ofIdentity, 'replay_unavailable'].sort())
  })

  it('has rows with ids of their own', () => {
    expect(new Set(NEGATIVE_CASES.map(({ id }) => id)).size).toBe(NEGATIVE_CASES.length)
  })

  it('is challenged with the error of its refusal', () => {
    for (const { expected } of NEGATIVE_CASES.filter(({ expected: { error } }) => error !== null)) {
      expect(challengeOf(new Refusal(expected.code))).toContain(`error="${expected.error}"`)
    }
  })
})

/** Of the authority, and of what is known once the message was read. */
const OF_OTHERS: ReadonlySet<string> = new Set(['client_invalid', 'scope_insufficient'])

describe('a request passes when it', () => {
  it.each(POSITIVES.map(({ title, mutation }) => [title, mutation] as const))(
    '%s',
    async (_title, mutation) => {
      const world = givenWorld()
      const proven = await world.present(forge(world.kit, world.kit.newJti(), mutation))
      expect(proven).toEqual({ claims: world.claims, keyThumbprint: world.claims.cnf.jkt })
    },
  )

  it('is verified on the thread pool', async () => {
    const world = givenWorld({ offload: true })
    expect(await world.present(forge(world.kit, world.kit.newJti()))).not.toBeInstanceOf(Refusal)
    const forged = forge(world.kit, world.kit.newJti(), { signature: () => Buffer.alloc(64, 1) })
    expect(codeOf(await world.present(forged))).toBe('proof_invalid')
  })

  it('is a GET without a body', async () => {
    const world = givenWorld({ verb: 'GET' })
    expect(await world.present(forge(world.kit, world.kit.newJti()))).not.toBeInstanceOf(Refusal)
  })

  it('acts for a human by a chain of delegation that names the session it came from', async () => {
    const world = givenWorld()
    const act = { sub: world.claims.client_id, act: { sub: `agt_${'1'.repeat(26)}` as const } }
    const claims = { ...world.claims, act, psid: `ses_${'1'.repeat(26)}` as const }
    const token = issueAccessToken(claims, authorityOf(world.kit).signer)
    const wire = forge({ ...world.kit, accessToken: token }, world.kit.newJti())
    const proven = await verifyPresented(
      presentedBy(wire),
      { ...world.trust, standing: noFault },
      portsAt(world.clock.nowMs),
    )
    expect(proven).toMatchObject({ claims: { act, psid: claims.psid } })
    expect(isRefusal(proven) ? [] : actorsOf(proven.claims)).toEqual([
      world.claims.client_id,
      `agt_${'1'.repeat(26)}`,
    ])
  })

  it('carries a valid nonce, whatever its clock says', async () => {
    const world = givenWorld()
    const nonce = world.freshNonce()
    const claims: Mutation['claims'] = (c) => ({ ...c, iat: Number(c['iat']) - 86_400, nonce })
    expect(await world.present(forge(world.kit, world.kit.newJti(), { claims }))).not.toBeInstanceOf(Refusal)
  })
})

const withoutDigest: Mutation = {
  claims: (c) => Object.fromEntries(Object.entries(c).filter(([name]) => name !== 'wbd')),
}

const noFault = () => null
const full = () => new Refusal('rate_limited')

async function codeOfRequest(verb: string, mutation: Mutation): Promise<string> {
  const world = givenWorld({ verb })
  const wire = forge(world.kit, world.kit.newJti(), mutation)
  const trust = { ...world.trust, bodyDigestRequired: true }
  return codeOf(await verifyPresented(presentedBy(wire), trust, portsAt(world.clock.nowMs)))
}

describe('a tenant that wants the digest of the body', () => {
  it('takes a proof that carries it', async () => {
    expect(await codeOfRequest('POST', {})).toBe('passed')
  })

  it('takes none without it', async () => {
    expect(await codeOfRequest('POST', withoutDigest)).toBe('proof_invalid')
  })

  it('takes a GET without it: there is no body', async () => {
    expect(await codeOfRequest('GET', withoutDigest)).toBe('passed')
  })
})

describe('a request for which there is no room', () => {
  it('is refused before its jti is used up, and after its key was proven', async () => {
    const world = givenWorld()
    const replay = createMemoryReplayGuard(() => world.clock.nowMs)
    const present = (wire: Wire, hasRoom: () => Refusal | null) =>
      verifyPresented(presentedBy(wire), world.trust, { ...portsAt(world.clock.nowMs), replay, hasRoom })
    const wire = forge(world.kit, world.kit.newJti())
    expect(codeOf(await present(wire, full))).toBe('rate_limited')
    expect(codeOf(await present(wire, noFault))).toBe('passed')
    const forged = forge(world.kit, world.kit.newJti(), { signature: () => Buffer.alloc(64, 1) })
    expect(codeOf(await present(forged, full))).toBe('proof_invalid')
  })
})

describe('the memory of used proofs', () => {
  it('lets exactly one of 20 parallel senders in', async () => {
    const world = givenWorld({ offload: true })
    const wire = forge(world.kit, world.kit.newJti())
    const answers = await Promise.all(Array.from({ length: 20 }, () => world.present(wire)))
    expect(answers.filter((answer) => !isRefusal(answer))).toHaveLength(1)
    expect(answers.filter((answer) => codeOf(answer) === 'proof_replayed')).toHaveLength(19)
  })

  it.each([
    ['just before', 59_499, 'proof_replayed'],
    ['at', 59_500, 'proof_replayed'],
    ['just after', 59_501, 'nonce_required'],
    ['a second after', 60_500, 'nonce_required'],
  ])('leaves no gap %s the end of the time window', async (_when, laterMs, code) => {
    const world = givenWorld()
    const wire = forge(world.kit, world.kit.newJti())
    await world.present(wire)
    world.clock.nowMs += laterMs
    expect(codeOf(await world.present(wire))).toBe(code)
  })

  it('outlives the nonce of a proof', async () => {
    const world = givenWorld({ requiresNonce: true })
    const wire = forge(world.kit, world.kit.newJti())
    expect(await world.present(wire)).not.toBeInstanceOf(Refusal)
    const codes = new Set<string>()
    for (let second = 0; second < 290; second += 5) {
      world.clock.nowMs += 5_000
      codes.add(codeOf(await world.present(wire)))
    }
    expect([...codes]).toEqual(['proof_replayed', 'nonce_required'])
  })

  it('knows a jti per key: nobody uses up the jti of another', async () => {
    const { kit, present, claims } = givenWorld()
    const { privateKey, publicJwk } = generateKeyPem()
    const cnf = { jkt: thumbprintOf(publicJwk) }
    const accessToken = issueAccessToken({ ...claims, cnf }, authorityOf(kit).signer)
    const otherKit = { ...kit, sessionKey: privateKey, accessToken }
    const jti = kit.newJti()
    expect(await present(forge(kit, jti))).not.toBeInstanceOf(Refusal)
    expect(await present(forge(otherKit, jti))).not.toBeInstanceOf(Refusal)
    expect(codeOf(await present(forge(kit, jti)))).toBe('proof_replayed')
  })
})

describe('a token that was verified before', () => {
  it('no longer counts when its key is withdrawn', async () => {
    const world = givenWorld()
    await world.present(forge(world.kit, world.kit.newJti()))
    expect(await codeUnder(world, { keyOf: () => undefined })).toBe('token_invalid')
  })

  it('no longer counts when another key takes the kid', async () => {
    const world = givenWorld()
    await world.present(forge(world.kit, world.kit.newJti()))
    const otherKey = importPublicJwk(generateKeyPem().publicJwk) ?? undefined
    expect(await codeUnder(world, { keyOf: () => otherKey })).toBe('token_invalid')
  })

  it.each([
    ['another tenant', { tenantId: `ten_${'7'.repeat(26)}` }],
    ['another issuer', { issuer: 'https://id.example/t/other/oauth' }],
    ['another resource', { audiences: ['https://gw.example/acme/other/mcp'] }],
  ])('does not count for %s', async (_what, change) => {
    const world = givenWorld()
    await world.present(forge(world.kit, world.kit.newJti()))
    expect(await codeUnder(world, change)).toBe('token_invalid')
  })

  it('does not outlive its exp', async () => {
    const world = givenWorld()
    await world.present(forge(world.kit, world.kit.newJti()))
    world.clock.nowMs += 300_000
    const later = { ...world.kit, nowMs: world.clock.nowMs }
    expect(codeOf(await world.present(forge(later, later.newJti())))).toBe('token_invalid')
  })

  it('is asked for its standing each time', async () => {
    const world = givenWorld()
    await world.present(forge(world.kit, world.kit.newJti()))
    expect(await codeUnder(world, { standing: fallen })).toBe('token_revoked')
  })
})

const fallen = () => new Refusal('token_revoked')

async function codeUnder(world: World, change: Partial<World['trust']>): Promise<string> {
  const wire = forge(world.kit, world.kit.newJti())
  const trust = { ...world.trust, ...change }
  return codeOf(await verifyPresented(presentedBy(wire), trust, portsAt(world.clock.nowMs)))
}

const portsAt = (nowMs: number) => ({
  replay: { firstSeen: () => Promise.resolve('first' as const) },
  nonces: { required: false, check: () => 'invalid' as const, current: () => '' },
  nowMs,
})

const codeOf = (answer: unknown): RefusalCode | 'passed' => (isRefusal(answer) ? answer.code : 'passed')

const onTheWire = (code: RefusalCode) => ({ code, status: REFUSALS[code].http, error: REFUSALS[code].oauth })
