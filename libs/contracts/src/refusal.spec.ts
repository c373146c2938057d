import { describe, expect, it } from '@jest/globals'
import { isRefusal, Refusal, REFUSALS } from './refusal.ts'

const rows = Object.entries(REFUSALS)

describe('the list of refusals', () => {
  it('gives every refusal a JSON-RPC code of its own', () => {
    const codes = rows.map(([, { rpc }]) => rpc)
    expect(new Set(codes).size).toBe(codes.length)
  })

  it('keeps our codes outside the range that JSON-RPC and MCP reserve', () => {
    const theirs = new Set([-32_020, -32_601, -32_602])
    for (const [name, { rpc }] of rows) expect([name, theirs.has(rpc) || rpc > -32_000]).toEqual([name, true])
  })

  it('answers policy with 200: a 4xx would tell a dual-era client that the server is an old one', () => {
    const byPolicy = [
      'policy_denied',
      'approval_unavailable',
      'connection_forbidden',
      'response_denied',
    ] as const
    for (const code of byPolicy) expect(REFUSALS[code].http).toBe(200)
  })

  it('keeps 401 for authentication, and 403 for a token that was given for something else', () => {
    for (const [name, { http, oauth }] of rows) {
      const own = oauth === 'insufficient_scope' ? [403] : [400, 401]
      if (oauth !== null) expect([name, own.includes(http)]).toEqual([name, true])
      if (http === 401 && name !== 'credentials_missing')
        expect([name, oauth]).toEqual([name, expect.any(String)])
    }
  })

  it('speaks to the agent in words without internals', () => {
    for (const [, { text }] of rows) expect(text).toMatch(/^[a-z][\w ,:;'/-]+$/i)
  })
})

describe('a refusal', () => {
  it('is a value that says why', () => {
    const refusal = new Refusal('policy_denied')
    expect(isRefusal(refusal)).toBe(true)
    expect(refusal.detail).toBe('denied by policy')
    expect(isRefusal(new Error('policy_denied'))).toBe(false)
  })
})
