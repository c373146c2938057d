import { FAINT, INK, INNER_WIDTH, MUTED, PAGE, PAPER } from './sheet.ts'
import type { Sheet } from './sheet.ts'

export type TableColumn = {
  readonly name: string
  /** of the inner width, all together 1 */
  readonly share: number
  readonly align?: 'left' | 'right'
}

const ROW_HEIGHT = 16

/** A table with one line a row; its head stands again on every page that it goes on to. */
export function drawTable(
  sheet: Sheet,
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
): void {
  sheet.need(3 * ROW_HEIGHT)
  drawHead(sheet, columns)
  for (const [at, row] of rows.entries()) {
    if (sheet.y + ROW_HEIGHT > PAGE.height - PAGE.bottom) {
      sheet.newPage()
      drawHead(sheet, columns)
    }
    if (at % 2 === 1) sheet.doc.rect(PAGE.margin, sheet.y, INNER_WIDTH, ROW_HEIGHT).fill(PAPER)
    sheet.y += 3
    drawCells(sheet, columns, row)
    sheet.y += ROW_HEIGHT - 3
  }
  sheet.space(12)
}

function drawHead(sheet: Sheet, columns: readonly TableColumn[]): void {
  drawCells(
    sheet,
    columns,
    columns.map(({ name }) => name),
    MUTED,
  )
  sheet.y += ROW_HEIGHT - 2
  sheet.doc
    .moveTo(PAGE.margin, sheet.y)
    .lineTo(PAGE.width - PAGE.margin, sheet.y)
    .lineWidth(0.8)
    .strokeColor(FAINT)
    .stroke()
}

function drawCells(
  sheet: Sheet,
  columns: readonly TableColumn[],
  cells: readonly string[],
  color = INK,
): void {
  let x: number = PAGE.margin
  for (const [at, { share, align = 'left' }] of columns.entries()) {
    const width = share * INNER_WIDTH
    const text = cells[at] ?? ''
    if (align === 'right') {
      const form = { size: 8, color, align, width: width - 8 } as const
      sheet.textAt(text, { x: x + 4, y: sheet.y }, form)
    } else sheet.line(text, x + 4, width - 8, { size: 8, color })
    x += width
  }
}

/** Names and what they are, one under the other; a long one goes on below. */
export function drawFacts(sheet: Sheet, facts: readonly (readonly [name: string, value: string])[]): void {
  const nameWidth = 118
  for (const [name, value] of facts) {
    const height = sheet.heightOf(value, INNER_WIDTH - nameWidth, { size: 9 })
    sheet.need(height + 4)
    sheet.textAt(name, { x: PAGE.margin, y: sheet.y }, { size: 9, color: MUTED, width: nameWidth - 8 })
    sheet.textAt(
      value,
      { x: PAGE.margin + nameWidth, y: sheet.y },
      { size: 9, width: INNER_WIDTH - nameWidth },
    )
    sheet.y += height + 4.5
  }
}
