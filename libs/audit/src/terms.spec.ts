import { describe, expect, it } from '@jest/globals'
import type { AuditRecord, RecordFilter } from '@writ/contracts'
import * as fc from 'fast-check'
import { isFault } from './fault.ts'
import { readRecord, sealRecord } from './record.ts'
import { fields, STREAM } from './sample.fixture.ts'
import { startOfStream } from './stream-chain.ts'
import { matchesFilter, termOf, termRangeOf, termsAsked, termsOf, valuesOf } from './terms.ts'

function recordOf(over: Partial<ReturnType<typeof fields>> = {}): AuditRecord {
  const record = readRecord(sealRecord({ ...fields(1), ...over }, startOfStream(STREAM)).bytes)
  if (isFault(record)) throw new Error(record.message)
  return record
}

describe('terms', () => {
  // What is stored is never changed by another release: a field keeps its number and its hash for ever.
  it('are what they were when they were stored', () => {
    const stored: [Parameters<typeof termOf>[0], string, number][] = [
      ['agent', 'agt_66666666666666666666666666', 77_508_243],
      ['tool', 'delete_file', 569_094_421],
      ['tool', '', 581_761_520],
      ['resource', '\u{1F600}\0', 769_943_375],
      ['package', 'left-pad', -2_098_571_223],
      ['finding', 'egress_without_hook', -1_857_559_664],
    ]
    for (const [field, value, term] of stored)
      expect([field, value, termOf(field, value)]).toEqual([field, value, term])
  })

  it('of one field lie in its own range, whatever the value is', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 50 }),
        fc.constantFrom('agent', 'package', 'finding', 'tool'),
        (value, field) => {
          const [from, to] = termRangeOf(field)
          expect(termOf(field, value)).toBeGreaterThanOrEqual(from)
          expect(termOf(field, value)).toBeLessThanOrEqual(to)
        },
      ),
    )
  })

  it('of 100,000 values are nearly as many', () => {
    const terms = new Set(Array.from({ length: 100_000 }, (_, at) => termOf('resource', `accounts/${at}`)))
    expect(terms.size).toBeGreaterThan(99_850)
  })

  it('that a filter asks for are in every record that it matches', () => {
    const tool = fc.constantFrom('a', 'b', '\ud800', 'delete_file')
    const outcome = fc.constantFrom('allow' as const, 'deny' as const)
    fc.assert(
      fc.property(
        tool,
        outcome,
        fc.option(tool, { nil: undefined }),
        fc.option(outcome, { nil: undefined }),
        (...of) => {
          const [usedTool, ended, askedTool, askedOutcome] = of
          const { action } = fields(1)
          const record = recordOf({ action: action && { ...action, tool: usedTool }, outcome: ended })
          const filter: RecordFilter = { tool: askedTool, outcome: askedOutcome, rule: 'no-delete' }
          const kept = new Set(termsOf(record))
          expect(matchesFilter(record, filter)).toBe(
            [undefined, usedTool].includes(askedTool) && [undefined, ended].includes(askedOutcome),
          )
          if (matchesFilter(record, filter))
            expect(termsAsked(filter).every((term) => kept.has(term))).toBe(true)
        },
      ),
    )
  })
})

describe('a filter', () => {
  it('takes whole values only', () => {
    const record = recordOf()
    expect(matchesFilter(record, { tool: 'delete_file' })).toBe(true)
    for (const tool of ['delete', 'delete_file ', 'DELETE_FILE', '', '%'])
      expect(matchesFilter(record, { tool })).toBe(false)
    expect(matchesFilter(record, { signal: 'pii.email' })).toBe(true)
    expect(matchesFilter(record, { signal: 'pii' })).toBe(false)
  })

  it('compares digests, beginnings of decision ids, and times', () => {
    const record = recordOf()
    expect(matchesFilter(record, { sha256: 'c'.repeat(64) })).toBe(true)
    expect(matchesFilter(record, { sha256: 'b'.repeat(64) })).toBe(false)
    expect(matchesFilter(record, { decision: record.decisionId.slice(0, 12) })).toBe(true)
    expect(matchesFilter(record, { decision: `${record.decisionId.slice(0, 12)}9` })).toBe(false)
    expect(matchesFilter(record, { from: record.at, until: '2026-11-20T11:00:00+01:00' })).toBe(false)
    expect(
      matchesFilter(record, { from: '2026-11-20T11:00:00+01:00', until: '2026-11-20T10:00:00.001Z' }),
    ).toBe(true)
  })

  it('finds a value in any member of a list, and numbers as they are written', () => {
    const record = recordOf({
      delegators: [
        { id: `agt_${'1'.repeat(26)}`, name: 'a' },
        { id: `agt_${'2'.repeat(26)}`, name: 'b' },
      ],
    })
    expect(valuesOf(record, 'delegator')).toHaveLength(2)
    expect(
      matchesFilter(record, {
        delegator: `agt_${'2'.repeat(26)}`,
        bundle: 12,
        policy: `pol_${'A'.repeat(26)}`,
      }),
    ).toBe(true)
    expect(matchesFilter(record, { bundle: 1 })).toBe(false)
  })
})
