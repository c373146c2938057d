import { describe, expect, it } from '@jest/globals'
import { compilePolicies } from './compile.ts'
import { decide } from './decide.ts'
import { CLEAN, NO_SETTINGS, policy, question, rule } from './given.suite.ts'

const asking = (ttl: string) => rule({ effect: 'ask', ask: { ttl, wait: '30s' } })

describe('an ask rule that only watches', () => {
  it('does not shorten the approval that an acting one asks for', () => {
    const policies = [policy([asking('15m')]), policy([asking('1m')], { number: 2, mode: 'shadow' })]
    const decision = decide(compilePolicies(policies, NO_SETTINGS), question(), {
      inspection: CLEAN,
      keys: null,
    })
    expect(decision).toMatchObject({ outcome: 'ask', ask: { ttlSeconds: 900, waitSeconds: 30 } })
  })
})
