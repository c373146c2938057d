import type { PackKind } from '@writ/contracts'
import type { Tally } from '../tally.ts'
import { drawAppendix } from './appendix.ts'
import { drawCover } from './cover.ts'
import { drawFigures } from './figures.ts'
import { INNER_WIDTH, MUTED, oneLine, PAGE, Sheet } from './sheet.ts'

/** What the report of a pack tells; everything in it is of the members that are proved. */
export type ReportFacts = {
  readonly id: string
  readonly kind: PackKind
  readonly tenant: { readonly id: string; readonly slug: string; readonly name: string }
  /** the query in words, one a line */
  readonly query: readonly string[]
  readonly requestedBy: { readonly name: string; readonly id: string }
  readonly requestedAt: string
  readonly madeAt: Date
  readonly origin: string
  readonly from: number
  readonly to: number
  readonly treeSize: number
  readonly rootHash: string
  /** who cosigned the checkpoint */
  readonly witnesses: readonly string[]
  /** size of the tree in the pack before; null: this is the first */
  readonly previousSize: number | null
  /** how many records of what was asked for retention had removed, and before which leaf; null: none */
  readonly removed: { readonly count: number; readonly before: number } | null
  readonly disclosed: boolean
  readonly tally: Tally
  /** sequence numbers that never arrived, by stream */
  readonly lost: readonly { readonly stream: string; readonly from: number; readonly to: number }[]
}

/** `report.pdf`: for people. It proves nothing, and says so. */
export function reportOf(facts: ReportFacts): AsyncIterable<Uint8Array> {
  const sheet = new Sheet(`Audit pack of ${facts.tenant.name}`, facts.madeAt)
  drawCover(sheet, facts)
  drawFigures(sheet, facts)
  drawAppendix(sheet, facts)
  numberPages(sheet, facts)
  sheet.doc.end()
  return sheet.doc
}

function numberPages(sheet: Sheet, { id, tenant }: ReportFacts): void {
  const { start, count } = sheet.doc.bufferedPageRange()
  for (let page = start; page < start + count; page += 1) {
    sheet.doc.switchToPage(page)
    const y = PAGE.height - 42
    sheet.textAt(
      `Writ audit pack  ·  ${id}`,
      { x: PAGE.margin, y },
      { size: 7.5, color: MUTED, width: INNER_WIDTH },
    )
    sheet.textAt(
      `${page - start + 1} / ${count}`,
      { x: PAGE.margin, y },
      { size: 7.5, color: MUTED, align: 'right', width: INNER_WIDTH },
    )
    if (page > start)
      sheet.textAt(
        oneLine(tenant.name),
        { x: PAGE.margin, y: 40 },
        { size: 7.5, color: MUTED, width: INNER_WIDTH },
      )
  }
}
