import { describe, expect, it } from '@jest/globals'
import type { HandleOwner } from './handle-seal.ts'
import { createHandleSeal } from './handle-seal.ts'

const SECRET = 'the join secret that all gateways share'
const OWNER: HandleOwner = { tenant: 'ten_a', connection: 'con_a', agent: 'agt_a', human: 'hum_a' }

describe('a sealed handle', () => {
  const seal = createHandleSeal(SECRET)

  it('is the same each time, and opens at any gateway of the platform for its owner', () => {
    const sealed = seal.seal('task', 'task-ä', OWNER)
    expect(sealed).toBe(createHandleSeal(SECRET).seal('task', 'task-ä', OWNER))
    expect(sealed).toMatch(/^[A-Za-z0-9_-]+$/)
    expect(createHandleSeal(SECRET).open('task', sealed, OWNER)).toEqual({ of: 'owner', value: 'task-ä' })
    expect(seal.open('state', seal.seal('state', '', OWNER), OWNER)).toEqual({ of: 'owner', value: '' })
  })

  it.each<keyof HandleOwner>(['tenant', 'connection', 'agent', 'human'])(
    'is known as that of another with another %s, and differs from it',
    (part) => {
      const other = { ...OWNER, [part]: 'other' }
      const sealed = seal.seal('task', 'a', OWNER)
      expect(seal.open('task', sealed, other)).toEqual({ of: 'another' })
      expect(seal.seal('task', 'a', other)).not.toBe(sealed)
    },
  )

  it('was given out by nobody where it is of another kind or platform, raw, or spelt otherwise', () => {
    const sealed = seal.seal('task', 'a', OWNER)
    const others = [seal.seal('state', 'a', OWNER), createHandleSeal(`${SECRET}.`).seal('task', 'a', OWNER)]
    for (const given of [...others, 'a', '', `${sealed}=`, `${sealed} `, sealed.slice(0, -1)])
      expect(seal.open('task', given, OWNER)).toEqual({ of: 'nobody' })
  })

  it('does not survive a change of any of its characters', () => {
    const sealed = seal.seal('state', 'a', OWNER)
    for (const at of sealed.split('').keys()) {
      const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1)
      expect(seal.open('state', changed, OWNER)).toEqual({ of: 'nobody' })
    }
  })

  it('has a stranger for what was never given out, and one for each owner', () => {
    const strange = seal.strange('a', OWNER)
    expect(strange).toMatch(/^unknown\.[A-Za-z0-9_-]{43}$/)
    expect(seal.strange('a', { ...OWNER, agent: 'other' })).not.toBe(strange)
    expect(seal.open('task', strange, OWNER)).toEqual({ of: 'nobody' })
  })
})
