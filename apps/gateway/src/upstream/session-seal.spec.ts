import { describe, expect, it } from '@jest/globals'
import type { SessionOwner } from './session-seal.ts'
import { createSessionSeal } from './session-seal.ts'

const OWNER: SessionOwner = {
  tenant: 'ten_a',
  connection: 'con_a',
  credentialVersion: 1,
  origin: 'https://up.example',
  agent: 'agt_a',
  human: 'hum_a',
  key: 'thumbprint_a',
}

describe('a session seal', () => {
  const seal = createSessionSeal('the join secret that all gateways share')

  it('opens at any gateway with the same join secret, for its owner', () => {
    const sealed = seal.seal('session-ä', OWNER)
    expect(createSessionSeal('the join secret that all gateways share').open(sealed, OWNER)).toBe('session-ä')
    expect(sealed).toMatch(/^[A-Za-z0-9_-]+$/)
    expect(seal.seal('session-ä', OWNER)).not.toBe(sealed)
  })

  it.each<keyof SessionOwner>([
    'tenant',
    'connection',
    'credentialVersion',
    'origin',
    'agent',
    'human',
    'key',
  ])('does not open for another %s', (part) => {
    const sealed = seal.seal('session', OWNER)
    // Also when its owner has just opened it here.
    expect(seal.open(sealed, OWNER)).toBe('session')
    const other = { ...OWNER, [part]: part === 'credentialVersion' ? 2 : 'other' }
    expect(seal.open(sealed, other)).toBeNull()
  })

  it('does not open with another join secret', () => {
    expect(
      createSessionSeal('another join secret of the same length').open(seal.seal('s', OWNER), OWNER),
    ).toBeNull()
  })

  it('does not open when any of its characters was changed', () => {
    const sealed = seal.seal('session', OWNER)
    expect(seal.open(sealed, OWNER)).toBe('session')
    for (let at = 0; at < sealed.length; at += 1) {
      const other = sealed[at] === 'A' ? 'B' : 'A'
      expect(seal.open(sealed.slice(0, at) + other + sealed.slice(at + 1), OWNER)).toBeNull()
    }
  })

  it.each(['', 'AAAA', '=', 'a'.repeat(3000), 'not base64!', `${'A'.repeat(60)}=`])(
    'does not open %p',
    (text) => {
      expect(seal.open(text, OWNER)).toBeNull()
    },
  )

  it('has one spelling only', () => {
    const sealed = seal.seal('session', OWNER)
    expect(seal.open(`${sealed}=`, OWNER)).toBeNull()
    expect(seal.open(` ${sealed}`, OWNER)).toBeNull()
    expect(seal.open(`${sealed}\n`, OWNER)).toBeNull()
  })
})
