import { timeline } from './timeline.ts'
import type { Counts, Tally } from '../tally.ts'
import { drawRanking, drawTimeline } from './charts.ts'
import type { Series } from './charts.ts'
import type { ReportFacts } from './report.ts'
import { grouped, INNER_WIDTH, MUTED, PAGE, percent } from './sheet.ts'
import type { Sheet } from './sheet.ts'
import { drawTable } from './table.ts'

/** How a call ends, in the order of the charts. */
export const OUTCOMES: readonly (Series & { readonly key: string; readonly means: string })[] = [
  { key: 'allow', name: 'allowed', color: '#2f9e77', means: 'policy allowed it, and it went to the tool' },
  { key: 'ask', name: 'asked', color: '#e0a526', means: 'a person was to approve it first' },
  { key: 'deny', name: 'denied', color: '#d1495b', means: 'a rule, or the default of the group, denied it' },
  { key: 'abort', name: 'aborted', color: '#7b2d4e', means: 'a rule denied it and ended the session' },
  {
    key: 'refused',
    name: 'refused',
    color: '#6b5ca5',
    means: 'it never came to policy: identity, proof, form or rate',
  },
  { key: 'failed', name: 'failed', color: '#8795a8', means: 'allowed, and the tool or the way to it failed' },
  { key: 'unknown', name: 'unknown', color: '#c3ccd8', means: 'begun, and nobody came to tell how it ended' },
]
const TOP = 12

/** Counts and charts of the rows. */
export function drawFigures(sheet: Sheet, { tally }: ReportFacts): void {
  sheet.newPage()
  sheet.heading(
    'At a glance',
    'A call is one message of an agent; its record says how it ended. Times are those of the enforcement points, in UTC.',
  )
  drawTiles(sheet, tally)
  const { unit, bars } = timeline(
    tally,
    OUTCOMES.map(({ key }) => key),
  )
  if (bars.length > 0) {
    sheet.heading(`Calls per ${unit}, by how they ended`)
    drawTimeline(
      sheet,
      OUTCOMES.filter(({ key }) => tally.outcomes.of(key) > 0),
      pruned(bars, tally),
    )
  }
  drawOutcomes(sheet, tally)
  drawWho(sheet, tally)
  drawRefusals(sheet, tally)
}

/** Outcomes that never occur have no place in the legend, nor in the bars. */
function pruned(
  bars: ReturnType<typeof timeline>['bars'],
  tally: Tally,
): { label: string; parts: number[] }[] {
  const occurs = OUTCOMES.map(({ key }) => tally.outcomes.of(key) > 0)
  return bars.map(({ label, parts }) => ({ label, parts: parts.filter((_, at) => occurs[at]) }))
}

function drawTiles(sheet: Sheet, tally: Tally): void {
  const held = ['deny', 'abort', 'refused'].reduce((sum, key) => sum + tally.outcomes.of(key), 0)
  const tiles = [
    [grouped(tally.records), 'records'],
    [grouped(tally.calls), 'calls'],
    [percent(tally.outcomes.of('allow'), tally.calls), 'of calls allowed'],
    [grouped(held), 'denied or refused'],
    [many(tally.agents), 'agents'],
    [many(tally.humans), 'humans'],
    [many(tally.tools), 'tools and methods'],
    [grouped(tally.bundles.size), 'policy versions'],
  ]
  const gap = 10
  const width = (INNER_WIDTH - 3 * gap) / 4
  for (const [at, [value = '', name = '']] of tiles.entries()) {
    const [x, y] = [PAGE.margin + (at % 4) * (width + gap), sheet.y + Math.floor(at / 4) * 62]
    sheet.doc.roundedRect(x, y, width, 54, 5).fillAndStroke('#f7f9fc', '#e3e9f0')
    sheet.textAt(value, { x: x + 10, y: y + 9 }, { size: 16, weight: 'bold', width: width - 16 })
    sheet.textAt(name, { x: x + 10, y: y + 34 }, { size: 8, color: MUTED, width: width - 16 })
  }
  sheet.y += 62 * 2 + 12
}

function drawOutcomes(sheet: Sheet, tally: Tally): void {
  if (tally.calls === 0) return
  sheet.heading('How calls ended')
  const columns = [
    { name: 'Outcome', share: 0.14 },
    { name: 'Calls', share: 0.14, align: 'right' },
    { name: 'Share', share: 0.12, align: 'right' },
    { name: 'It means', share: 0.6 },
  ] as const
  const rows = OUTCOMES.filter(({ key }) => tally.outcomes.of(key) > 0).map(({ key, name, means }) => [
    name,
    grouped(tally.outcomes.of(key)),
    percent(tally.outcomes.of(key), tally.calls),
    means,
  ])
  drawTable(sheet, columns, rows)
}

function drawWho(sheet: Sheet, tally: Tally): void {
  const sorts: [string, Counts, string][] = [
    ['Tools', tally.tools, '#3a6ea5'],
    ['Agents', tally.agents, '#4b6cb7'],
    ['Humans behind them', tally.humans, '#6b5ca5'],
  ]
  for (const [title, counts, color] of sorts) {
    const top = counts.top(TOP)
    if (top.length === 0) continue
    sheet.need(60 + 3 * 17)
    sheet.heading(title, counts.size > TOP ? `The ${TOP} of ${many(counts)} with the most calls.` : '')
    const rows = top.map(([id, count]) => {
      const name = tally.names.get(id)
      return name === undefined ? { name: id, count } : { name, under: id, count }
    })
    drawRanking(sheet, rows, { of: tally.calls, color })
  }
}

/** How many names there are, as far as they are told apart. */
const many = ({ size, others }: Counts): string => `${grouped(size)}${others > 0 ? '+' : ''}`

function drawRefusals(sheet: Sheet, tally: Tally): void {
  const rules = tally.denials.top(25)
  sheet.heading(
    'Rules that held something back',
    rules.length === 0
      ? 'None did.'
      : 'Enforced rules that denied, ended a session or asked a person. A call may be held back by several.',
  )
  if (rules.length > 0) {
    const columns = [
      { name: 'Policy', share: 0.4 },
      { name: 'Rule', share: 0.44 },
      { name: 'Calls', share: 0.16, align: 'right' },
    ] as const
    drawTable(
      sheet,
      columns,
      rules.map(([key, count]) => [...key.split('\n'), grouped(count)]),
    )
  }
  const refusals = tally.refusals.top(25)
  if (refusals.length === 0) return
  sheet.heading('Refusals, by their code')
  drawTable(
    sheet,
    [
      { name: 'Code', share: 0.6 },
      { name: 'Calls', share: 0.2, align: 'right' },
      { name: 'Share of calls', share: 0.2, align: 'right' },
    ],
    refusals.map(([code, count]) => [code, grouped(count), percent(count, tally.calls)]),
  )
}
