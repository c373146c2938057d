import { describe, expect, it } from '@jest/globals'
import type { RefusalCode } from '@writ/contracts'
import { Refusal } from '@writ/contracts'
import { refusalAnswer } from './answer.ts'
import { holdMs } from './hold.ts'

const refused = (code: RefusalCode) => refusalAnswer(new Refusal(code), `dec_${'0'.repeat(26)}`)

describe('an answer', () => {
  it.each([
    [0.3, 24.7],
    [7, 18],
    [25, 0],
    [31, 19],
  ])('to somebody unproven that took %d ms waits for %d more', (tookMs, waitMs) => {
    for (const code of ['token_invalid', 'proof_invalid', 'credentials_missing', 'rate_limited'] as const)
      expect(holdMs(refused(code), tookMs)).toBeCloseTo(waitMs, 6)
  })

  it('to somebody whose token held does not wait', () => {
    for (const code of ['nonce_required', 'proof_replayed', 'policy_denied', 'token_revoked'] as const)
      expect(holdMs(refused(code), 7)).toBe(0)
    expect(holdMs({ kind: 'whole', status: 200, headers: [], body: new Uint8Array() }, 7)).toBe(0)
  })
})
