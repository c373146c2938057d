import { describe, expect, it } from '@jest/globals'
import { assert, property, string } from 'fast-check'
import {
  fingerprintSecret,
  knownSecrets,
  LONGEST_SECRET,
  MOST_CHECKS,
  SHORTEST_SECRET,
  STRETCH,
} from './known-secrets.ts'

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

  const end = 'the end of it all, and the end.!'
  const tails = (of: (at: number) => string) => printsOf(...Array.from({ length: 256 }, (_, at) => of(at)))

  it.each<readonly [string, readonly string[], string]>([
    ['one end over and over', printsOf(`${'ab'.repeat(230)}${end}`), end.repeat(8_000)],
    ['the end that all of them have', tails((at) => `${'x'.repeat(at)}${at}${end}`), end.repeat(8_000)],
    ['nothing but secrets', tails((at) => 'a'.repeat(at + 40)), 'a'.repeat(250_000)],
    ['what is nearly a secret', tails((at) => `b${'a'.repeat(at + 40)}`), 'a'.repeat(250_000)],
  ])('take work and room in proportion to a text that is %s', (_, prints, text) => {
    let checks = 0
    const found = knownSecrets(prints, KEY)(text, (made) => (checks += made))
    const stretches = Math.ceil(text.length / STRETCH)
    expect(checks).toBeLessThanOrEqual(stretches * MOST_CHECKS)
    expect(found.length).toBeLessThanOrEqual(stretches * (MOST_CHECKS + 1))
    expect(checks).toBeGreaterThan(0)
  })

  it('are covered where too much is like them to be checked', () => {
    const secrets = Array.from({ length: 4 }, (_, at) => `${'ab'.repeat(60 + at)}${end}`)
    const text = `${end.repeat(60)}${secrets[0]} and so on`
    const start = text.indexOf(secrets[0] ?? '')
    const found = knownSecrets(printsOf(...secrets), KEY)(text)
    expect(found.some((span) => span.start <= start && span.end >= start + 120 + end.length)).toBe(true)
  })

  it('are found again after a stretch that was too full to be checked', () => {
    const secret = `${'ab'.repeat(60)}${end}`
    const text = `${end.repeat(1_000)}${' '.repeat(STRETCH)}${secret} and so on`
    const found = knownSecrets(printsOf(secret), KEY)(text)
    expect(found).toContainEqual({ start: text.indexOf(secret), end: text.indexOf(secret) + secret.length })
  })
})
