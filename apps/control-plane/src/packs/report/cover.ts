import type { PackKind } from '@writ/contracts'
import type { ReportFacts } from './report.ts'
import { ACCENT, grouped, INNER_WIDTH, moment, MUTED, oneLine, PAGE } from './sheet.ts'
import type { Sheet } from './sheet.ts'
import { drawFacts } from './table.ts'

/** What the mathematics of a pack shows, and what stays somebody's word. */
type Claim = { readonly badge: string; readonly color: string; readonly shows: string; readonly not: string }

const NEVER =
  'What an enforcement point never recorded, and whether a name is the right one for a person, no mathematics shows.'

export const claimOf = ({
  kind,
  from,
  to,
  query,
}: Pick<ReportFacts, 'kind' | 'from' | 'to' | 'query'>): Claim => {
  const range = `leaves ${grouped(from)} to ${grouped(to - 1)}`
  const isOfTime = query.some((line) => line.startsWith('Time:'))
  const ofTime = isOfTime
    ? ' That the range holds every record of the time asked for is the platform\u2019s word: take a range that reaches further to see its borders.'
    : ''
  const claims: Readonly<Record<PackKind, Claim>> = {
    range: {
      badge: 'Complete by mathematics',
      color: '#13795b',
      shows: `Every record of ${range} of the log is here, unaltered, in its place and in its order: the root that the log signed is recomputed from them. None of them can be missing, added, changed or moved.`,
      not: `Nothing is said of records outside of this range.${ofTime} ${NEVER}`,
    },
    filter: {
      badge: 'Inclusion only',
      color: '#b4600b',
      shows:
        'Each record here is in the log that was signed, unaltered and in its place. Nobody can have made one up, or changed one, without the verifier naming it.',
      not: `That no further record matches the query is not proved: it is the platform\u2019s word. Ask for a range, or for a filter with hashes, where that matters. ${NEVER}`,
    },
    'filter-with-hashes': {
      badge: 'Inclusion, with the hashes of all others',
      color: '#1f4fd8',
      shows: `Each record here is in the log that was signed, unaltered and in its place among ${range}. The hash of every other record of that range is here too, so that their number is proved, and any of them that turns up later can be checked against its place.`,
      not: `What the other records say is not here: that none of them matches the query is the platform\u2019s word.${ofTime} ${NEVER}`,
    },
  }
  return claims[kind]
}

export function drawCover(sheet: Sheet, facts: ReportFacts): void {
  sheet.newPage()
  drawTitle(sheet, facts)
  drawClaim(sheet, claimOf(facts))
  drawFacts(sheet, factsOf(facts))
  drawHowTo(sheet)
}

function drawTitle(sheet: Sheet, { tenant, tally }: ReportFacts): void {
  const { doc } = sheet
  doc.rect(0, 0, PAGE.width, 168).fill('#101827')
  doc.rect(0, 168, PAGE.width, 3).fill(ACCENT)
  const x = PAGE.margin
  sheet.textAt(
    'WRIT  ·  AUDIT PACK',
    { x, y: 48 },
    { size: 8.5, weight: 'semibold', color: '#9fb3d9', width: INNER_WIDTH },
  )
  sheet.y = 68
  sheet.line(tenant.name === '' ? tenant.slug : tenant.name, x, INNER_WIDTH, {
    size: 26,
    weight: 'bold',
    color: '#ffffff',
  })
  const span = tally.firstAt === null ? 'no records' : `${moment(tally.firstAt)}  to  ${moment(tally.lastAt)}`
  sheet.textAt(
    'What agents asked to do, what they were allowed, and by which policy',
    { x, y: 106 },
    { size: 10.5, color: '#dbe4f5', width: INNER_WIDTH },
  )
  sheet.textAt(span, { x, y: 126 }, { size: 9, color: '#9fb3d9', width: INNER_WIDTH })
  sheet.y = 190
}

function drawClaim(sheet: Sheet, { badge, color, shows, not }: Claim): void {
  const { doc } = sheet
  const inner = INNER_WIDTH - 36
  const [showsHeight, notHeight] = [sheet.heightOf(shows, inner), sheet.heightOf(not, inner)]
  const height = 82 + showsHeight + notHeight
  doc.roundedRect(PAGE.margin, sheet.y, INNER_WIDTH, height, 6).fillAndStroke('#f7f9fc', '#dfe5ec')
  doc.rect(PAGE.margin, sheet.y + 6, 4, height - 12).fill(color)
  const x = PAGE.margin + 20
  let y = sheet.y + 14
  y += sheet.textAt(badge, { x, y }, { size: 14, weight: 'bold', color, width: inner }) + 6
  y += sheet.textAt('Proved', { x, y }, { size: 8, weight: 'semibold', color: MUTED, width: inner })
  y += sheet.textAt(shows, { x, y }, { width: inner }) + 6
  y += sheet.textAt('Not proved', { x, y }, { size: 8, weight: 'semibold', color: MUTED, width: inner })
  sheet.textAt(not, { x, y }, { width: inner })
  sheet.y += height + 18
}

export const factsOf = (facts: ReportFacts): [string, string][] => [
  ['Query', facts.query.map(oneLine).join('\n')],
  [
    'Asked for by',
    `${oneLine(facts.requestedBy.name)} (${facts.requestedBy.id})\n${moment(facts.requestedAt)}`,
  ],
  ['Tenant', `${facts.tenant.id} (${facts.tenant.slug})`],
  [
    'Records',
    `${grouped(facts.tally.records)}, of leaves ${grouped(facts.from)} to ${grouped(facts.to - 1)}`,
  ],
  ...removedIn(facts),
  ['Tree head', `${grouped(facts.treeSize)} leaves, root ${facts.rootHash}`],
  ['Log', facts.origin],
  ['Witnesses', facts.witnesses.length === 0 ? 'none cosigned this checkpoint' : facts.witnesses.join(', ')],
  [
    'Pack before',
    facts.previousSize === null
      ? 'none: this is the first'
      : `consistent growth from ${grouped(facts.previousSize)} leaves`,
  ],
  [
    'Personal fields',
    facts.disclosed
      ? 'opened, as whoever asked may see them; each opening is checked against its commitment'
      : 'sealed; none is opened',
  ],
]

/** What the log once held of what was asked for, and nobody can show any more. */
const removedIn = ({ removed }: ReportFacts): [string, string][] =>
  removed === null
    ? []
    : [
        [
          'Not kept',
          `${grouped(removed.count)} records before leaf ${grouped(removed.before)}: retention had removed them, and none of them is here`,
        ],
      ]

function drawHowTo(sheet: Sheet): void {
  sheet.space(8)
  sheet.need(104)
  const { doc } = sheet
  sheet.textAt(
    'Verify it yourself, offline',
    { x: PAGE.margin, y: sheet.y },
    { size: 10.5, weight: 'bold', width: INNER_WIDTH },
  )
  sheet.y += 18
  doc.roundedRect(PAGE.margin, sheet.y, INNER_WIDTH, 26, 4).fill('#101827')
  sheet.textAt(
    'unzip -p pack.zip verify.mjs > verify.mjs && node verify.mjs pack.zip',
    { x: PAGE.margin + 12, y: sheet.y + 8 },
    { size: 9, weight: 'semibold', color: '#e6edf9', width: INNER_WIDTH - 24 },
  )
  sheet.y += 33
  sheet.paragraph(
    'It needs Node 18 and nothing else. Whoever doubts the program that travels with the pack takes their own copy of it, or tools/verify.py (Python 3, standard library only), or writ audit verify. Compare the log key with the one you know: --trust names a trust file that you keep. This report is for reading: what is verified is records.jsonl.',
    { size: 8.6, color: MUTED },
  )
}
