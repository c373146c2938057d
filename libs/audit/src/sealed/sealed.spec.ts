import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { Sealed } from '@writ/contracts'
import * as fc from 'fast-check'
import { disclosureHolds, openSealed, sealTo } from './seal.ts'
import { sealedIn } from './sealed-in.ts'
import { rawX25519, sealingKey } from './subject-keys.ts'

const pair = () => generateKeyPairSync('x25519')
const subject = pair()
const other = pair()
const ID = `sub_${'1'.repeat(26)}` as const
const KEY = sealingKey({ id: ID, publicKey: rawX25519(subject.publicKey) }, pair().privateKey)
const random = fc.record({
  salt: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  nonce: fc.uint8Array({ minLength: 12, maxLength: 12 }),
})
const RANDOM = { salt: new Uint8Array(32).fill(1), nonce: new Uint8Array(12).fill(2) }

const turned = (text: string, at: number) =>
  text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
const bytesOf = (ct: string) => Buffer.from(ct, 'base64url').toString('hex')

describe('a sealed value', () => {
  it('opens with the key of its subject, to what was sealed, and proves itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 256 }), random, (value, randomness) => {
        const sealed = Sealed.parse(sealTo(KEY, value, randomness))
        const opened = openSealed(sealed, subject.privateKey)
        expect(opened).toEqual({ salt: Buffer.from(randomness.salt).toString('hex'), value })
        expect(opened && disclosureHolds(sealed, opened)).toBe(true)
      }),
    )
  })

  it('opens with no other key', () => {
    expect(openSealed(sealTo(KEY, 'Ana', RANDOM), other.privateKey)).toBeNull()
  })

  it('opens no more when any part of it is changed', () => {
    const sealed = sealTo(KEY, 'Ana', RANDOM)
    for (let at = 0; at < sealed.ct.length; at += 1) {
      const ct = turned(sealed.ct, at)
      // The last digit has bits that say nothing.
      if (bytesOf(ct) !== bytesOf(sealed.ct))
        expect(openSealed({ ...sealed, ct }, subject.privateKey)).toBeNull()
    }
    const changes: Partial<Sealed>[] = [
      { c: 'a'.repeat(64) },
      { key: `sub_${'2'.repeat(26)}` },
      { epk: rawX25519(other.publicKey) },
      { epk: Buffer.alloc(32).toString('base64url') },
      { ct: turned(sealed.ct, 20) },
      { ct: sealed.ct.slice(0, 30) },
      { ct: '' },
    ]
    for (const change of changes) expect(openSealed({ ...sealed, ...change }, subject.privateKey)).toBeNull()
  })

  it('tells nothing of its value but the length: the same name sealed twice shares no commitment', () => {
    const again = { salt: new Uint8Array(32).fill(3), nonce: new Uint8Array(12).fill(4) }
    const [one, two] = [sealTo(KEY, 'Ana', RANDOM), sealTo(KEY, 'Ana', again)]
    expect(one.c).not.toBe(two.c)
    expect(JSON.stringify(one)).not.toContain('Ana')
    expect(Buffer.from(one.ct, 'base64url').toString('latin1')).not.toContain('Ana')
  })

  it('is proved by its own salt and value only', () => {
    const sealed = sealTo(KEY, 'Ana', RANDOM)
    const opened = openSealed(sealed, subject.privateKey)
    expect(disclosureHolds(sealed, { salt: opened?.salt ?? '', value: 'Eve' })).toBe(false)
    expect(disclosureHolds(sealed, { salt: '0'.repeat(64), value: 'Ana' })).toBe(false)
  })

  it('is not made of randomness of another size', () => {
    expect(() => sealTo(KEY, 'Ana', { ...RANDOM, salt: new Uint8Array(8) })).toThrow(RangeError)
  })
})

describe('what is sealed in a record', () => {
  it('is found wherever it stands, by its pointer, and nothing else is', () => {
    const [name, mail] = [sealTo(KEY, 'Ana', RANDOM), sealTo(KEY, 'ana@mail-host.org', RANDOM)]
    const tree = {
      human: { id: 'hum_1', name },
      after: { 'a/b~c': [1, { mail }], near: { ...name, more: 1 }, c: 'x', ct: 'y' },
    }
    expect(sealedIn(tree)).toEqual([
      { path: '/human/name', sealed: name },
      { path: '/after/a~1b~0c/1/mail', sealed: mail },
    ])
  })

  it('is found in a tree of any depth', () => {
    const sealed = sealTo(KEY, 'Ana', RANDOM)
    let deep: unknown = sealed
    for (let level = 0; level < 20_000; level += 1) deep = [deep]
    expect(sealedIn(deep)).toEqual([{ path: '/0'.repeat(20_000), sealed }])
  })
})
