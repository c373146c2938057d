import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { instantOf } from './instant.ts'

describe('an instant', () => {
  it.each([
    ['in UTC', '2026-01-01T00:00:00Z', Date.UTC(2026, 0, 1)],
    ['with small letters', '2026-01-01t00:00:00z', Date.UTC(2026, 0, 1)],
    ['with a space between date and time', '2026-01-01 00:00:00Z', Date.UTC(2026, 0, 1)],
    ['east of UTC', '2026-01-01T02:30:00+02:30', Date.UTC(2026, 0, 1)],
    ['west of UTC', '2025-12-31T19:00:00-05:00', Date.UTC(2026, 0, 1)],
    ['at an offset that is not known', '2026-01-01T00:00:00-00:00', Date.UTC(2026, 0, 1)],
    ['at the largest offset', '2026-01-01T23:59:00+23:59', Date.UTC(2026, 0, 1)],
    ['with tenths of a second', '2026-01-01T00:00:00.5Z', Date.UTC(2026, 0, 1) + 500],
    [
      'finer than a millisecond, whose rest is dropped',
      '2026-01-01T00:00:00.0019999Z',
      Date.UTC(2026, 0, 1) + 1,
    ],
    ['on a leap day', '2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['on the leap day of a leap century', '2000-02-29T00:00:00Z', Date.UTC(2000, 1, 29)],
    ['of a leap second, which is the one after', '2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1)],
    ['before the epoch', '1969-12-31T23:59:59Z', -1000],
    ['in the year 99, and not in 1999', '0099-01-01T00:00:00Z', Date.parse('0099-01-01T00:00:00Z')],
    [
      'at the last moment that can be said',
      '9999-12-31T23:59:59.999Z',
      Date.UTC(9999, 11, 31, 23, 59, 59, 999),
    ],
  ])('%s is read', (_, text, expected) => expect(instantOf(text)).toBe(expected))

  it.each([
    ['without an offset', '2026-01-01T00:00:00'],
    ['without a time', '2026-01-01'],
    ['without seconds', '2026-01-01T00:00Z'],
    ['on a day that the month does not have', '2026-02-30T00:00:00Z'],
    ['on a leap day of a common year', '2026-02-29T00:00:00Z'],
    ['on a leap day of a common century', '1900-02-29T00:00:00Z'],
    ['in month 0', '2026-00-01T00:00:00Z'],
    ['in month 13', '2026-13-01T00:00:00Z'],
    ['on day 0', '2026-01-00T00:00:00Z'],
    ['at 24 hours', '2026-01-01T24:00:00Z'],
    ['at 60 minutes', '2026-01-01T00:60:00Z'],
    ['at 61 seconds', '2026-01-01T00:00:61Z'],
    ['at an offset of 24 hours', '2026-01-01T00:00:00+24:00'],
    ['at an offset of 60 minutes', '2026-01-01T00:00:00+00:60'],
    ['at an offset without a colon', '2026-01-01T00:00:00+0100'],
    ['with an empty fraction', '2026-01-01T00:00:00.Z'],
    ['with a comma before the fraction', '2026-01-01T00:00:00,5Z'],
    ['with ten digits of a fraction', '2026-01-01T00:00:00.0000000000Z'],
    ['with a year of five digits', '12026-01-01T00:00:00Z'],
    ['with space around it', ' 2026-01-01T00:00:00Z'],
    ['with a line break behind it', '2026-01-01T00:00:00Z\n'],
    ['in other digits', '２026-01-01T00:00:00Z'],
    ['that is a number', '1767225600000'],
    ['that is a word', 'soon'],
    ['that is empty', ''],
  ])('%s is none', (_, text) => expect(instantOf(text)).toBeNull())

  it('is what the engine writes, for every time between the years 0 and 9999', () => {
    const [first, last] = [Date.parse('0000-01-01T00:00:00Z'), Date.UTC(9999, 11, 31)]
    fc.assert(
      fc.property(fc.integer({ min: first, max: last }), (ms) => {
        expect(instantOf(new Date(ms).toISOString())).toBe(ms)
      }),
      { numRuns: 1000 },
    )
  })
})
