import { describe, expect, it } from '@jest/globals'
import type { Json } from '@writ/contracts'
import { Counts, Tally } from './tally.ts'

const STREAM = `nod_${'1'.repeat(26)}:boo_${'2'.repeat(26)}:ten_${'3'.repeat(26)}`
const BUNDLE = { version: 3, sha256: 'a'.repeat(64) }

function tallyOf(...records: readonly Json[]): Tally {
  const tally = new Tally()
  for (const [leaf, record] of records.entries()) tally.add(leaf, record)
  return tally
}

describe('what a pack says of its rows', () => {
  it.each<[string, Json]>([
    ['a stream', { stream: '\ud800', seq: 0 }],
    ['a number', { stream: STREAM, seq: 1.5 }],
    ['a number below 0', { stream: STREAM, seq: -1 }],
  ])('is nothing of a record whose place is damaged: %s', (_, record) => {
    const tally = tallyOf(record)
    expect([tally.records, tally.unreadable, tally.streams.size]).toEqual([1, 1, 0])
  })

  it.each([{ version: 1.5 }, { version: 1e300 }, { sha256: 'b' }])(
    'is of a bundle only what a manifest may say: %j',
    (damage) => {
      const [first, second] = [
        { stream: STREAM, seq: 0, bundle: BUNDLE },
        { stream: STREAM, seq: 1, bundle: { ...BUNDLE, ...damage } },
      ]
      expect([...tallyOf(first, second).bundles.values()]).toEqual([{ ...BUNDLE, rows: 1 }])
    },
  )

  it.each([
    { stream: 'x', from: 0, to: 1 },
    { stream: STREAM, from: 0.5, to: 1 },
    { stream: STREAM, from: 2, to: 2 },
  ])('is no loss of what is no range: %j', (lost) => {
    expect(tallyOf({ stream: STREAM, seq: 0, kind: 'stream_lost', lost }).lost).toEqual([])
  })

  it('counts a call once whose end the platform told, and then its own record, as that one says', () => {
    const call = {
      stream: STREAM,
      kind: 'closed',
      decisionId: 'dec_1',
      agent: { id: 'agt_1', name: 'claude' },
      human: { id: 'hum_1' },
      action: { tool: 'pay' },
      outbound: { matches: [{ policyName: 'p', rule: 'r', effect: 'ask', mode: 'enforce' }] },
    }
    const reaped = { ...call, seq: 0, outcome: 'unknown', at: '2026-10-01T10:00:00.000Z' }
    const own = { ...call, seq: 1, outcome: 'allow', at: '2026-10-02T10:00:00.000Z' }
    const another = { ...reaped, seq: 2, decisionId: 'dec_2', at: '2026-10-02T11:00:00.000Z' }
    const tally = tallyOf(reaped, own, another)
    const { calls, outcomes, tools, agents, humans, denials, days } = tally
    expect([tally.records, calls, tally.kinds.top()]).toEqual([3, 2, [['closed', 3]]])
    expect(outcomes.top()).toEqual([
      ['allow', 1],
      ['unknown', 1],
    ])
    expect([tools, agents, humans, denials].map((counts) => counts.top())).toEqual([
      [['pay', 2]],
      [['agt_1', 2]],
      [['hum_1', 2]],
      [['p\nr', 2]],
    ])
    expect([...days].map(([day, counts]) => [day, counts.of('allow'), counts.of('unknown')])).toEqual([
      ['2026-10-02', 1, 1],
    ])
  })

  it('keeps the name of a policy apart from its rule', () => {
    const match = { policyName: 'a\nb', rule: 'c', effect: 'deny', mode: 'enforce', overriddenBy: null }
    const record = { stream: STREAM, seq: 0, kind: 'closed', outbound: { matches: [match] } }
    expect(tallyOf(record).denials.top()).toEqual([['a b\nc', 1]])
  })
})

describe('names that are counted', () => {
  it('are taken back as they were added, also those that are not told apart', () => {
    const counts = new Counts()
    for (let name = 0; name < 10_001; name += 1) counts.add(`tool ${name}`)
    counts.takeBack('tool 10000')
    counts.takeBack('tool 7')
    expect([counts.size, counts.others, counts.of('tool 7')]).toEqual([9999, 0, 0])
  })

  it('are told apart up to so many; what is more is counted and is no name', () => {
    const counts = new Counts()
    for (let name = 0; name < 10_003; name += 1) counts.add(`tool ${name}`)
    counts.add('tool 1')
    expect([counts.size, counts.others, counts.top(1)]).toEqual([10_000, 3, [['tool 1', 2]]])
  })
})
