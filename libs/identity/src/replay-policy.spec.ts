import { describe, expect, it } from '@jest/globals'
import { isRefusal } from '@writ/contracts'
import { givenWorld, presentedBy } from './given-world.suite.ts'
import { createMemoryReplayGuard } from './memory-replay-guard.ts'
import type { Wire } from './negative/attack-kit.ts'
import { forge } from './negative/attack-kit.ts'
import { createNonceKeeper } from './nonces.ts'
import type { ReplayGuard } from './replay-guard.ts'
import { createReplayPolicy } from './replay-policy.ts'
import { verifyPresented } from './verify-presented.ts'

/** Two nodes and the memory that they share, which can go away and come back empty. */
function givenFleet({ nonceUntilMs }: { nonceUntilMs?: number } = {}) {
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
      nodeNonces: createNonceKeeper({
        secret: Buffer.alloc(32, secretByte),
        scope: 'node',
        required: false,
        nowMs,
      }),
      nowMs,
      ...(nonceUntilMs === undefined ? {} : { nonceUntilMs }),
    })
    const present = async (wire: Wire) => {
      const answer = await verifyPresented(presentedBy(wire), trust, { ...policy, nowMs: clock.nowMs })
      return isRefusal(answer) ? answer.code : 'passed'
    }
    return { present, nonces: policy.nonces }
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
})
