import { describe, expect, it } from '@jest/globals'
import { assert, property, string } from 'fast-check'
import { fingerprintSecret, knownSecrets, LONGEST_SECRET, SHORTEST_SECRET } from './known-secrets.ts'

const KEY = new Uint8Array(32).fill(7)
const OTHER_KEY = new Uint8Array(32).fill(8)

const printsOf = (...values: string[]): string[] =>
  values.flatMap((value) => fingerprintSecret(value, KEY) ?? [])

describe('known secrets', () => {
  it('are found whatever stands around them, exactly', () => {
    const value = string({ unit: 'grapheme', minLength: SHORTEST_SECRET, maxLength: 300 })
    assert(
      property(value, string(), string(), (secret, before, after) => {
        const known = secret.slice(0, LONGEST_SECRET)
        const text = before + secret + after
        const found = knownSecrets(
          printsOf(secret),
          KEY,
        )(text).map(({ start, end }) => text.slice(start, end))
        expect(found).toContain(known)
        expect(new Set(found)).toEqual(new Set([known]))
      }),
    )
  })

  it('are found several at once, of any length, in their order', () => {
    const values = ['short-8c', 'a value of middling', 'v'.repeat(20) + 'w'.repeat(30), 'z'.repeat(500)]
    const text = values.join(' / ')
    const found = knownSecrets(printsOf(...values), KEY)(text).map(({ start, end }) => text.slice(start, end))
    expect(found).toEqual(values)
  })

  it('are not found when one character differs, or under another key', () => {
    const secret = 'q8Zt3LmW5xYb7Nc2k9'
    for (let at = 0; at < secret.length; at++) {
      const other = `${secret.slice(0, at)}_${secret.slice(at + 1)}`
      expect(knownSecrets(printsOf(secret), KEY)(other)).toEqual([])
    }
    expect(knownSecrets(printsOf(secret), OTHER_KEY)(secret)).toEqual([])
  })

  it('leave prints that are text and do not hold the value', () => {
    const [print = ''] = printsOf('q8Zt3LmW5xYb7Nc2k9')
    expect(print).toMatch(/^16\.\d{1,7}\.18\.[\w-]{22}$/)
    expect(fingerprintSecret('1234567', KEY)).toBeNull()
  })

  it('are found by the beginning of a longer one', () => {
    const secret = Array.from({ length: 3_000 }, (_, at) => at.toString(36)).join('')
    expect(knownSecrets(printsOf(secret), KEY)(`x${secret}`)).toEqual([{ start: 1, end: 1 + LONGEST_SECRET }])
  })

  it('are found, or taken to be found, in text that is full of their ends', () => {
    const secret = `${'ab'.repeat(230)}${'the end of it all'.repeat(2)}`
    const text = 'the end of it all'.repeat(60_000)
    const search = knownSecrets(printsOf(secret), KEY)
    expect(search(text).length).toBeGreaterThan(0)
  })
})
