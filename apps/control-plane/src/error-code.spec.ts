import { describe, expect, it } from '@jest/globals'
import { isServerAway } from './error-code.ts'

const withCode = (code: string) => Object.assign(new Error('no'), { code })

describe('whether a server is away', () => {
  it.each(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', '08006', '57P01', '57P02', '57P03'])(
    '%s says so, also behind a failed query',
    (code) => {
      expect(isServerAway(withCode(code))).toBe(true)
      expect(isServerAway(Object.assign(new Error('no'), { driverError: withCode(code) }))).toBe(true)
    },
  )

  it.each(['Connection terminated unexpectedly', 'timeout exceeded when trying to connect'])(
    'the driver says so in words: %s',
    (words) => {
      expect(isServerAway(new Error(words))).toBe(true)
      expect(isServerAway(Object.assign(new Error('no'), { driverError: new Error(words) }))).toBe(true)
    },
  )

  it.each([
    withCode('23505'),
    withCode('57014'),
    withCode('42501'),
    new Error('a bug: Connection terminated'),
    'ECONNREFUSED',
    null,
  ])('what is no such error does not: %s', (error) => {
    expect(isServerAway(error)).toBe(false)
  })
})
