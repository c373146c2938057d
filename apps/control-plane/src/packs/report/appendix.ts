import type { ReportFacts } from './report.ts'
import { grouped, moment } from './sheet.ts'
import type { Sheet } from './sheet.ts'
import { drawTable } from './table.ts'

/** Longer lists stand whole in the manifest. */
const MOST_ROWS = 400

/** What the figures rest on: streams, gaps, erasures, policy versions. */
export function drawAppendix(sheet: Sheet, facts: ReportFacts): void {
  sheet.newPage()
  drawPolicies(sheet, facts)
  drawStreams(sheet, facts)
  drawLost(sheet, facts)
  drawErasures(sheet, facts)
  drawKinds(sheet, facts)
}

function drawPolicies(sheet: Sheet, { tally }: ReportFacts): void {
  const bundles = [...tally.bundles.values()].toSorted((a, b) => a.version - b.version)
  sheet.heading('Policy versions', 'The signed policy bundles under which these records were decided.')
  drawTable(
    sheet,
    [
      { name: 'Version', share: 0.12, align: 'right' },
      { name: 'Records', share: 0.14, align: 'right' },
      { name: 'SHA-256', share: 0.74 },
    ],
    bundles.slice(0, MOST_ROWS).map(({ version, sha256, rows }) => [grouped(version), grouped(rows), sha256]),
  )
  more(sheet, bundles.length)
}

function drawStreams(sheet: Sheet, { tally }: ReportFacts): void {
  const streams = [...tally.streams].toSorted((a, b) => (a[0] < b[0] ? -1 : 1))
  sheet.heading(
    'Streams',
    'Each enforcement point numbers what it records from 0, anew at each start, and signs how far it came.',
  )
  drawTable(
    sheet,
    [
      { name: 'Enforcement point', share: 0.36 },
      { name: 'Start', share: 0.34 },
      { name: 'First', share: 0.1, align: 'right' },
      { name: 'Last', share: 0.1, align: 'right' },
      { name: 'Records', share: 0.1, align: 'right' },
    ],
    streams.slice(0, MOST_ROWS).map(([stream, { seqs }]) => {
      const [node = '', boot = ''] = stream.split(':')
      return [node, boot, grouped(seqs.first ?? 0), grouped(seqs.last ?? 0), grouped(seqs.count)]
    }),
  )
  more(sheet, streams.length)
}

function drawLost(sheet: Sheet, { lost }: ReportFacts): void {
  sheet.heading(
    'Lost ranges',
    lost.length === 0
      ? 'None is known for these streams.'
      : 'What an enforcement point signed that it had recorded, and what never arrived.',
  )
  if (lost.length === 0) return sheet.space(8)
  drawTable(
    sheet,
    [
      { name: 'Stream', share: 0.7 },
      { name: 'From', share: 0.15, align: 'right' },
      { name: 'To', share: 0.15, align: 'right' },
    ],
    lost.slice(0, MOST_ROWS).map(({ stream, from, to }) => [stream, grouped(from), grouped(to - 1)]),
  )
  more(sheet, lost.length)
}

function drawErasures(sheet: Sheet, { tally: { erasures } }: ReportFacts): void {
  sheet.heading(
    'Erasures',
    erasures.length === 0
      ? 'None is among these records.'
      : 'People whose key was destroyed: what was sealed to them can be proved and no longer read.',
  )
  if (erasures.length === 0) return sheet.space(8)
  drawTable(
    sheet,
    [
      { name: 'Leaf', share: 0.15, align: 'right' },
      { name: 'Person', share: 0.5 },
      { name: 'When', share: 0.35 },
    ],
    erasures.slice(0, MOST_ROWS).map(({ leaf, subject, at }) => [grouped(leaf), subject, moment(at)]),
  )
  more(sheet, erasures.length)
}

function drawKinds(sheet: Sheet, { tally }: ReportFacts): void {
  sheet.heading('Kinds of records')
  drawTable(
    sheet,
    [
      { name: 'Kind', share: 0.22 },
      { name: 'Records', share: 0.16, align: 'right' },
      { name: 'It is', share: 0.62 },
    ],
    tally.kinds.top().map(([kind, count]) => [kind, grouped(count), KINDS.get(kind) ?? '']),
  )
  if (tally.unreadable > 0)
    sheet.paragraph(`${grouped(tally.unreadable)} records cannot be read; the verifier names them.`)
}

const KINDS: ReadonlyMap<string, string> = new Map([
  ['opened', 'the intent, on disk before the effect'],
  ['closed', 'how a message ended; every message has one'],
  ['administered', 'a change by an administrator, a directory or the platform'],
  ['found', 'something that does not fit together, found by the platform'],
  ['applied', 'an enforcement point took up another policy version'],
  ['stream_opened', 'the start of an enforcement point'],
  ['stream_closed', 'its end in order'],
  ['stream_lost', 'records that never arrived'],
  ['gap', 'an enforcement point could not keep everything; how much, and why'],
  ['erasure', 'the key of a person was destroyed'],
])

function more(sheet: Sheet, count: number): void {
  if (count > MOST_ROWS)
    sheet.paragraph(`And ${grouped(count - MOST_ROWS)} more: manifest.json names them all.`, { size: 8.6 })
}
