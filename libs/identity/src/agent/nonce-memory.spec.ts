import { describe, expect, it } from '@jest/globals'
import { createNonceMemory } from './nonce-memory.ts'

describe('the memory of nonces', () => {
  it('knows the last nonce of an origin, for all its paths', () => {
    const nonces = createNonceMemory()
    nonces.remember('https://gw.example/a', 'one', 1_000)
    nonces.remember('https://gw.example/b', 'two', 2_000)
    expect(nonces.recall('https://gw.example/c?q', 3_000)).toBe('two')
    expect(nonces.recall('https://gw.example:8443/c', 3_000)).toBeUndefined()
  })

  it('knows the nonce of a resource better than that of its origin', () => {
    const nonces = createNonceMemory()
    nonces.remember('https://gw.example/a', 'one', 1_000)
    nonces.remember('https://gw.example/b', 'two', 2_000)
    expect(nonces.recall('https://gw.example/a?q', 3_000)).toBe('one')
  })

  it('keeps a nonce when an answer brings none', () => {
    const nonces = createNonceMemory()
    nonces.remember('https://gw.example/', 'one', 1_000)
    nonces.remember('https://gw.example/', null, 2_000)
    expect(nonces.recall('https://gw.example/', 3_000)).toBe('one')
  })

  it('lets go of a nonce after two minutes, so that an agent returns to proofs without one', () => {
    const nonces = createNonceMemory()
    nonces.remember('https://gw.example/', 'one', 1_000)
    expect(nonces.recall('https://gw.example/', 120_999)).toBe('one')
    expect(nonces.recall('https://gw.example/', 121_000)).toBeUndefined()
  })
})
