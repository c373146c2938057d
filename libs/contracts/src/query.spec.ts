import { describe, expect, it } from '@jest/globals'
import { LineageQuery } from './api/lineage.ts'
import { Moment, PlaceInQuery } from './api/query.ts'
import { RecordFilter, RecordQuery, RecordTimesQuery } from './api/records.ts'
import { NewHold } from './api/retention.ts'
import { CheckpointQuery } from './api/transparency.ts'

describe('a moment', () => {
  it.each([
    '2026-01-01T00:00:00Z',
    '2026-01-01T00:00:00.123456789+15:59',
    '2024-02-29T23:59:59-15:59',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999Z',
  ])('may be %s', (text) => {
    expect(Moment.parse(text)).toBe(text)
  })

  it.each([
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-00:01',
    '2026-01-01T00:00:00+16:00',
    '2026-01-01T00:00:00-23:00',
    '2026-02-30T00:00:00Z',
    `2026-01-01T00:00:00.${'1'.repeat(200)}Z`,
    '2026-01-01',
    '',
  ])('may not be %s, wherever it is asked for', (text) => {
    const [decision, until] = [`dec_${'0'.repeat(26)}`, '2026-01-01T00:00:00Z']
    for (const [schema, value, path] of [
      [RecordFilter, { from: text }, 'from'],
      [RecordFilter, { until: text }, 'until'],
      [RecordTimesQuery, { from: text, until }, 'from'],
      [RecordTimesQuery, { from: until, until: text }, 'until'],
      [LineageQuery, { decision, from: text }, 'from'],
      [LineageQuery, { decision, until: text }, 'until'],
      [NewHold, { reason: 'x', filter: { until: text } }, 'filter.until'],
    ] as const)
      expect(schema.safeParse(value).error?.issues.map((issue) => issue.path.join('.'))).toEqual([path])
  })
})

describe('a place in a query', () => {
  it.each([
    ['0', 0],
    ['-1', -1],
    ['17', 17],
    [17, 17],
  ])('may be %j', (text, place) => {
    expect(PlaceInQuery.parse(text)).toBe(place)
    expect(RecordQuery.parse({ after: text }).after).toBe(place)
  })

  it.each(['', ' ', '-', '-2', '1e3', '0x10', '1.5', '9007199254740993', null, true, [], [5]])(
    'is not %j',
    (value) => {
      expect(PlaceInQuery.safeParse(value).success).toBe(false)
      expect(RecordQuery.safeParse({ after: value }).success).toBe(false)
      expect(CheckpointQuery.safeParse({ after: value }).success).toBe(false)
    },
  )
})
