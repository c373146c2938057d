import { describe, expect, it } from '@jest/globals'
import type { Json, PackKind } from '@writ/contracts'
import { queryText } from '../query-text.ts'
import { Tally } from '../tally.ts'
import { claimOf, factsOf } from './cover.ts'
import { reportOf } from './report.ts'
import type { ReportFacts } from './report.ts'
import { INNER_WIDTH, oneLine, PAGE, Sheet } from './sheet.ts'
import { timeline } from './timeline.ts'

const STREAM = `nod_${'1'.repeat(26)}:boo_${'2'.repeat(26)}:ten_${'3'.repeat(26)}`

const call = (seq: number, at: string, more: { [name: string]: Json } = {}): Json => ({
  stream: STREAM,
  seq,
  at,
  kind: 'closed',
  outcome: 'allow',
  action: { tool: 'search' },
  agent: { id: 'agt_1', name: 'claude' },
  ...more,
})

function tallyOf(...records: readonly Json[]): Tally {
  const tally = new Tally()
  for (const [leaf, record] of records.entries()) tally.add(leaf, record)
  return tally
}

const factsOfPack = (kind: PackKind, tally: Tally): ReportFacts => ({
  id: `pak_${'1'.repeat(26)}`,
  kind,
  tenant: { id: `ten_${'3'.repeat(26)}`, slug: 'acme', name: 'Acme' },
  query: queryText({ withHashes: false }),
  requestedBy: { id: 'wak_1', name: 'audit' },
  requestedAt: '2026-11-20T10:00:00.000Z',
  madeAt: new Date('2026-11-20T10:00:01.000Z'),
  origin: 'audit.example.test/log',
  from: 0,
  to: tally.records,
  treeSize: tally.records,
  rootHash: 'a'.repeat(64),
  witnesses: [],
  previousSize: null,
  removed: null,
  disclosed: false,
  tally,
  lost: [{ stream: STREAM, from: 3, to: 9 }],
})

const coverFacts: ReportFacts = factsOfPack('range', tallyOf())

async function pdfOf(facts: ReportFacts): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of reportOf(facts)) parts.push(part)
  return Buffer.concat(parts).toString('latin1')
}

const pagesIn = (pdf: string): number => pdf.match(/\/Type \/Page\b(?!s)/g)?.length ?? 0

const shownOf = (kind: PackKind) => claimOf({ kind, from: 0, to: 10, query: [] })

const barsOf = (...days: string[]) =>
  timeline(tallyOf(...days.map((day, seq) => call(seq, `${day}T10:00:00.000Z`))), ['allow', 'deny'])

const match = (more: object) => ({
  policyName: 'p',
  rule: 'r',
  effect: 'deny',
  mode: 'enforce',
  overriddenBy: null,
  ...more,
})

describe('the cover of a report', () => {
  it('claims completeness of a range, and of nothing else', () => {
    expect(shownOf('range').badge).toBe('Complete by mathematics')
    for (const kind of ['filter', 'filter-with-hashes'] as const) {
      const { badge, shows, not } = shownOf(kind)
      expect(`${badge} ${shows}`).not.toMatch(/complete|every record of|none of them can be missing/i)
      expect([badge, not]).toEqual([expect.stringContaining('Inclusion'), expect.stringContaining('word')])
    }
  })

  it('says of a range by time that its borders are the word of the platform', () => {
    const query = ['Time: from 2026-10-01 to before 2026-11-01']
    expect(claimOf({ kind: 'range', from: 0, to: 10, query }).not).toContain('word')
    expect(shownOf('range').not).not.toContain('time asked for')
  })
})

describe('the cover of a report of a log that was cut', () => {
  it('says how much of what was asked for is gone', () => {
    const removed = { count: 1200, before: 1300 }
    expect(new Map(factsOf({ ...coverFacts, removed })).get('Not kept')).toMatch(
      /^1,200 records before leaf 1,300: retention had removed them/,
    )
    expect(new Map(factsOf(coverFacts)).has('Not kept')).toBe(false)
  })
})

describe('a report', () => {
  it('is an A4 document whose fonts are all embedded, with the text that they draw', async () => {
    const pdf = await pdfOf(factsOfPack('range', tallyOf(call(0, '2026-10-01T10:00:00.000Z'))))
    expect(pdf.startsWith('%PDF-')).toBe(true)
    expect(pagesIn(pdf)).toBeGreaterThanOrEqual(3)
    expect(new Set(pdf.match(/\/MediaBox \[[^\]]+\]/g))).toEqual(new Set(['/MediaBox [0 0 595.28 841.89]']))
    expect(pdf.match(/\/FontFile2/g)).toHaveLength(3)
    expect(pdf.match(/\/ToUnicode/g)).toHaveLength(3)
    expect(pdf).not.toMatch(/\/BaseFont \/(Helvetica|Times|Courier)/)
    expect(pdf).not.toMatch(/\/(JavaScript|JS|Launch|URI|OpenAction|EmbeddedFile)\b/)
  })

  it('is made of records that can no longer be read, and so without a call', async () => {
    const tally = tallyOf(null, { stream: 7 }, 'text')
    expect(pagesIn(await pdfOf(factsOfPack('filter', tally)))).toBeGreaterThanOrEqual(3)
  })

  it('is made whatever agents call themselves and their tools', async () => {
    const names = ['\u202edrowssap', '\0\n\r', '漢字'.repeat(900), '(\\)\n>> endobj', '\ud800', '']
    const calls = names.map((name, seq) =>
      call(seq, '2026-10-01T10:00:00.000Z', { action: { tool: name }, agent: { id: `a${name}`, name } }),
    )
    const pdf = await pdfOf(factsOfPack('range', tallyOf(...calls)))
    expect(pagesIn(pdf)).toBeLessThan(8)
    expect(pdf).not.toContain('drowssap')
  })
})

/** How far down the page a row of a table, or whatever else is one line, is written. */
function depthOf(text: string): number {
  const sheet = new Sheet('a title', new Date(0))
  sheet.newPage()
  sheet.line(text, PAGE.margin, INNER_WIDTH)
  return sheet.doc.y
}

describe('a name in a report', () => {
  it.each([
    'search\nsearch',
    'search\u2028search',
    'search\u2029search',
    'search\r\nsearch',
    'a '.repeat(900),
  ])('stays on its line, and writes over no other: %j', (name) => {
    expect(depthOf(name)).toBe(depthOf('search'))
  })

  it('that is too long to be shown whole ends in an ellipsis', () => {
    expect(oneLine('a'.repeat(2000))).toBe('a'.repeat(2000))
    expect(oneLine('a'.repeat(2001))).toBe(`${'a'.repeat(1999)}…`)
  })

  it('of a filter or of whoever asked adds no line to the cover', () => {
    const query = queryText({ withHashes: false, filter: { tool: 'x\nEvery record of it' } })
    const requestedBy = { id: 'wak_1', name: 'audit\nProved: everything' }
    const facts = new Map(factsOf({ ...coverFacts, query, requestedBy }))
    expect(facts.get('Query')?.split('\n')).toEqual([
      'All of the log that is kept, as it was at the request',
      'Records of it that match:',
      'tool is x\ufffdEvery record of it',
    ])
    expect(facts.get('Asked for by')?.split('\n')).toEqual([
      'audit\ufffdProved: everything (wak_1)',
      '2026-11-20 10:00:00 UTC',
    ])
  })
})

describe('calls over time', () => {
  it('are days without a hole, weeks from Monday, or months', () => {
    expect(barsOf('2026-10-01', '2026-10-03', '2026-10-03')).toEqual({
      unit: 'day',
      bars: [
        { label: '1 Oct', parts: [1, 0] },
        { label: '2 Oct', parts: [0, 0] },
        { label: '3 Oct', parts: [2, 0] },
      ],
    })
    const weeks = barsOf('2026-01-01', '2026-06-01')
    expect([weeks.unit, weeks.bars[0]?.label, weeks.bars.length]).toEqual(['week', '29 Dec', 23])
    expect(barsOf('2024-01-01', '2026-06-01')).toMatchObject({ unit: 'month', bars: { length: 30 } })
  })

  it('stay a chart when a clock is thousands of years off', () => {
    const { unit, bars } = barsOf('0001-01-01', '2026-10-01', '9999-12-31')
    expect([unit, bars.map(({ label }) => label)]).toEqual(['month', ['Jan 0001', 'Oct 2026', 'Dec 9999']])
  })
})

describe('what rules held back', () => {
  it('counts those that were enforced, and not those that would have', () => {
    const matches = [
      match({}),
      match({ mode: 'shadow' }),
      match({ effect: 'flag' }),
      match({ overriddenBy: 'ovr' }),
    ]
    const tally = tallyOf(call(0, '2026-10-01T10:00:00.000Z', { outbound: { matches } }))
    expect(tally.denials.top()).toEqual([['p\nr', 1]])
  })
})
