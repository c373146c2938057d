import { FAINT, grouped, INK, INNER_WIDTH, MUTED, PAGE, percent } from './sheet.ts'
import type { Sheet } from './sheet.ts'

export type Series = { readonly name: string; readonly color: string }
/** One bar; `parts` in the order of the series. */
export type Bar = { readonly label: string; readonly parts: readonly number[] }

const CHART_HEIGHT = 150
const AXIS_WIDTH = 42

/** Bars over time, each stacked from the series. */
export function drawTimeline(sheet: Sheet, series: readonly Series[], bars: readonly Bar[]): void {
  sheet.need(CHART_HEIGHT + 54)
  drawLegend(sheet, series)
  const { doc } = sheet
  const [left, top, width] = [PAGE.margin + AXIS_WIDTH, sheet.y + 6, INNER_WIDTH - AXIS_WIDTH]
  const most = Math.max(1, ...bars.map(({ parts }) => sum(parts)))
  const steps = stepsTo(most)
  const heightOf = (count: number): number => (count / (steps.at(-1) ?? 1)) * CHART_HEIGHT
  for (const step of steps) {
    const y = top + CHART_HEIGHT - heightOf(step)
    doc
      .moveTo(left, y)
      .lineTo(left + width, y)
      .lineWidth(0.5)
      .strokeColor(FAINT)
      .stroke()
    sheet.textAt(
      grouped(step),
      { x: PAGE.margin, y: y - 5 },
      { size: 7, color: MUTED, align: 'right', width: AXIS_WIDTH - 7 },
    )
  }
  const slot = width / Math.max(1, bars.length)
  const barWidth = Math.min(26, Math.max(1, slot * 0.72))
  for (const [at, { parts }] of bars.entries()) {
    let y = top + CHART_HEIGHT
    for (const [number, part] of parts.entries()) {
      const height = heightOf(part)
      if (height <= 0) continue
      y -= height
      doc
        .rect(left + at * slot + (slot - barWidth) / 2, y, barWidth, height)
        .fill(series[number]?.color ?? INK)
    }
  }
  doc
    .moveTo(left, top + CHART_HEIGHT)
    .lineTo(left + width, top + CHART_HEIGHT)
    .lineWidth(0.8)
    .strokeColor(MUTED)
    .stroke()
  drawLabels(sheet, bars, { left, top: top + CHART_HEIGHT + 5, slot })
  sheet.y = top + CHART_HEIGHT + 30
}

function drawLegend(sheet: Sheet, series: readonly Series[]): void {
  let x = PAGE.margin
  for (const { name, color } of series) {
    sheet.doc.roundedRect(x, sheet.y + 2, 8, 8, 2).fill(color)
    sheet.textAt(name, { x: x + 12, y: sheet.y + 0.5 }, { size: 8, color: MUTED, width: 90 })
    x += 22 + sheet.doc.font('regular').fontSize(8).widthOfString(name)
  }
  sheet.y += 16
}

/** As many labels as there is room for. */
function drawLabels(
  sheet: Sheet,
  bars: readonly Bar[],
  { left, top, slot }: { readonly left: number; readonly top: number; readonly slot: number },
): void {
  const every = Math.max(1, Math.ceil(52 / slot))
  for (const [at, { label }] of bars.entries())
    if (at % every === 0)
      sheet.textAt(
        label,
        { x: left + at * slot + slot / 2 - 30, y: top },
        { size: 7, color: MUTED, align: 'center', width: 60 },
      )
}

/** Horizontal bars, the longest first: what occurs how often. */
export function drawRanking(
  sheet: Sheet,
  rows: readonly { readonly name: string; readonly under?: string; readonly count: number }[],
  { of, color }: { readonly of: number; readonly color: string },
): void {
  const most = Math.max(1, ...rows.map(({ count }) => count))
  const [nameWidth, numberWidth] = [210, 96]
  const left = PAGE.margin + nameWidth + 10
  const room = INNER_WIDTH - nameWidth - numberWidth - 14
  for (const { name, under = '', count } of rows) {
    sheet.need(18)
    sheet.line(under === '' ? name : `${name}  ·  …${under.slice(-6)}`, PAGE.margin, nameWidth - 4, {
      size: 8.6,
    })
    sheet.doc.roundedRect(left, sheet.y + 1.5, room, 8, 2).fill('#eef2f6')
    sheet.doc.roundedRect(left, sheet.y + 1.5, Math.max(1.5, (count / most) * room), 8, 2).fill(color)
    sheet.textAt(
      `${grouped(count)}   ${percent(count, of)}`,
      { x: PAGE.width - PAGE.margin - numberWidth, y: sheet.y },
      { size: 8.2, color: MUTED, align: 'right', width: numberWidth },
    )
    sheet.y += 16.5
  }
  sheet.space(8)
}

/** 0 and three to five round steps up to at least `most`. */
function stepsTo(most: number): number[] {
  const raw = most / 4
  const power = 10 ** Math.floor(Math.log10(Math.max(raw, 1)))
  const step = Math.max(
    1,
    [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= raw) ?? power,
  )
  const whole = Number.isInteger(step) ? step : Math.ceil(step)
  return Array.from({ length: Math.ceil(most / whole) + 1 }, (_, at) => at * whole)
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
