import { describe, expect, it } from '@jest/globals'
import { isRefusal } from '@writ/contracts'
import { givenWorld, presentedBy } from './given-world.suite.ts'
import { createMemoryReplayGuard } from './memory-replay-guard.ts'
import type { Wire } from './negative/attack-kit.ts'
import { forge } from './negative/attack-kit.ts'
import { createNonceFamily, NONCE_LIFE_MS } from './nonces.ts'
import type { ReplayGuard } from './replay-guard.ts'
import { createReplayPolicy } from './replay-policy.ts'
import { verifyPresented } from './verify-presented.ts'

type Settings = { readonly nonceUntilMs?: number; readonly hasFleetNonces?: boolean }

/** Two nodes and the memory that they share, which can go away and come back empty. */
function givenFleet({ nonceUntilMs, hasFleetNonces = false }: Settings = {}) {
  const { kit, trust, clock } = givenWorld()
  const nowMs = () => clock.nowMs
  let memory: ReplayGuard | null = createMemoryReplayGuard(nowMs)
  const shared: ReplayGuard = {
    firstSeen: async (key, untilMs) => memory?.firstSeen(key, untilMs) ?? 'unavailable',
  }
  const nodeOf = (secretByte: number) => {
    const policy = createReplayPolicy({
      shared,
      local: createMemoryReplayGuard(nowMs),
      nodeNonces: createNonceFamily({ secret: Buffer.alloc(32, secretByte), nowMs }),
      ...(hasFleetNonces ? { fleetNonces: createNonceFamily({ secret: Buffer.alloc(32, 9), nowMs }) } : {}),
      nowMs,
      ...(nonceUntilMs === undefined ? {} : { nonceUntilMs }),
    })
    const nonces = policy.noncesFor(kit.url, false)
    const present = async (wire: Wire) => {
      const ports = { replay: policy.replay, nonces, nowMs: clock.nowMs }
      const answer = await verifyPresented(presentedBy(wire), trust, ports)
      return isRefusal(answer) ? answer.code : 'passed'
    }
    return { present, nonces, policy }
  }
  const proof = (nonce?: string) =>
    forge({ ...kit, nowMs: clock.nowMs, ...(nonce === undefined ? {} : { nonce }) }, kit.newJti())
  return {
    clock,
    proof,
    a: nodeOf(1),
    b: nodeOf(2),
    loseMemory: () => {
      memory = null
    },
    returnEmptyMemory: () => {
      memory = createMemoryReplayGuard(nowMs)
    },
  }
}

describe('replay protection over two nodes', () => {
  it('takes a proof once in the fleet while the shared memory is there', async () => {
    const { a, b, proof } = givenFleet()
    const wire = proof()
    expect(await a.present(wire)).toBe('passed')
    expect(await b.present(wire)).toBe('proof_replayed')
    expect(a.nonces.required).toBe(false)
  })

  it('asks for a nonce of the node when the shared memory is away', async () => {
    const { a, proof, loseMemory } = givenFleet()
    loseMemory()
    expect(await a.present(proof())).toBe('nonce_required')
    expect(a.nonces.required).toBe(true)
    const wire = proof(a.nonces.current())
    expect(await a.present(wire)).toBe('passed')
    expect(await a.present(wire)).toBe('proof_replayed')
  })

  it('takes a proof with the nonce of one node at no other', async () => {
    const { a, b, proof, loseMemory } = givenFleet()
    loseMemory()
    const wire = proof(a.nonces.current())
    expect(await a.present(wire)).toBe('passed')
    expect(await b.present(wire)).toBe('nonce_required')
  })

  it('does not take a proof from before the outage again during it', async () => {
    const { a, b, proof, loseMemory } = givenFleet()
    const wire = proof()
    expect(await a.present(wire)).toBe('passed')
    loseMemory()
    expect(await a.present(wire)).toBe('nonce_required')
    expect(await b.present(wire)).toBe('nonce_required')
  })

  it('does not take a node-nonce proof again after the outage', async () => {
    const { a, b, proof, loseMemory, returnEmptyMemory } = givenFleet()
    loseMemory()
    const wire = proof(a.nonces.current())
    expect(await a.present(wire)).toBe('passed')
    returnEmptyMemory()
    expect(await a.present(wire)).toBe('proof_replayed')
    expect(await b.present(wire)).toBe('nonce_required')
  })

  it('does not trust a memory that came back empty until every proof from before has run out', async () => {
    const { a, clock, proof, loseMemory, returnEmptyMemory } = givenFleet()
    const before = proof()
    expect(await a.present(before)).toBe('passed')
    loseMemory()
    expect(await a.present(proof())).toBe('nonce_required')
    returnEmptyMemory()
    for (let second = 0; second < 70; second += 1) {
      expect(await a.present(before)).toBe('nonce_required')
      expect(a.nonces.required).toBe(true)
      clock.nowMs += 1_000
    }
    clock.nowMs += 1_001
    expect(await a.present(proof())).toBe('passed')
    expect(a.nonces.required).toBe(false)
  })

  it('asks for a nonce at first where a node alone has forgotten what it accepted before', async () => {
    const { a, clock, proof } = givenFleet({ nonceUntilMs: 1_790_000_071_500 })
    expect(await a.present(proof())).toBe('nonce_required')
    expect(await a.present(proof(a.nonces.current()))).toBe('passed')
    clock.nowMs += 71_001
    expect(await a.present(proof())).toBe('passed')
  })

  it('is told by a way that broke that the memory may have come back empty', async () => {
    const { a, proof, returnEmptyMemory } = givenFleet()
    const wire = proof()
    expect(await a.present(wire)).toBe('passed')
    returnEmptyMemory()
    expect(a.policy.isMemoryAway()).toBe(false)
    a.policy.memoryWasAway()
    expect(a.policy.isMemoryAway()).toBe(true)
    expect(await a.present(wire)).toBe('nonce_required')
  })
})

describe('nonces of the fleet', () => {
  it('are good at every node, once in all of them', async () => {
    const { a, b, proof } = givenFleet({ hasFleetNonces: true })
    const wire = proof(a.nonces.current())
    expect(await b.present(wire)).toBe('passed')
    expect(await a.present(wire)).toBe('proof_replayed')
  })

  it('give way to nonces of the node while the shared memory is away', async () => {
    const { a, b, proof, loseMemory } = givenFleet({ hasFleetNonces: true })
    const fleetNonce = a.nonces.current()
    loseMemory()
    expect(await a.present(proof(fleetNonce))).toBe('nonce_required')
    const wire = proof(a.nonces.current())
    expect(await a.present(wire)).toBe('passed')
    expect(await a.present(wire)).toBe('proof_replayed')
    expect(await b.present(wire)).toBe('nonce_required')
  })

  it('do not carry a proof past a memory that came back empty', async () => {
    const { a, clock, proof, loseMemory, returnEmptyMemory } = givenFleet({ hasFleetNonces: true })
    const before = proof(a.nonces.current())
    expect(await a.present(before)).toBe('passed')
    loseMemory()
    expect(await a.present(proof())).toBe('nonce_required')
    returnEmptyMemory()
    for (let waitedMs = 0; waitedMs < NONCE_LIFE_MS; waitedMs += 10_000) {
      expect(await a.present(before)).toBe('nonce_required')
      clock.nowMs += 10_000
    }
  })

  it('are of one route each', () => {
    const { a } = givenFleet({ hasFleetNonces: true })
    const other = a.policy.noncesFor('https://gw.example/acme/other/mcp', false)
    expect(a.nonces.check(other.current())).toBe('invalid')
    expect(a.nonces.check(a.nonces.current())).toBe('valid')
  })

  it('are wanted where the tenant of the route wants them', () => {
    const { a } = givenFleet({ hasFleetNonces: true })
    expect(a.policy.noncesFor('https://gw.example/acme/github/mcp', true).required).toBe(true)
    expect(a.nonces.required).toBe(false)
  })
})
