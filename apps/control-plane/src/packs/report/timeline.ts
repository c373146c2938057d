import type { Tally } from '../tally.ts'
import type { Bar } from './charts.ts'

const DAY_MS = 86_400_000
/** More bars than that are no chart. */
const MOST_BARS = 70

export type TimeUnit = 'day' | 'week' | 'month'

/**
 * Calls over time in days, or in weeks or months where there are too many days. Where even months are too many, because a clock is far off,
 * those without calls are left out, and the newest are shown.
 */
export function timeline(tally: Tally, outcomes: readonly string[]): { unit: TimeUnit; bars: Bar[] } {
  const days = [...tally.days.keys()].filter((day) => Number.isFinite(Date.parse(day))).toSorted()
  const [first = '', last = ''] = [days[0], days.at(-1)]
  if (days.length === 0) return { unit: 'day', bars: [] }
  const unit = unitOf(daysBetween(first, last))
  const counts = new Map<string, number[]>()
  if (daysBetween(first, last) <= 31 * MOST_BARS)
    for (const slot of slotsBetween(first, last, unit)) counts.set(slot, noneOf(outcomes))
  for (const day of days) {
    const parts = counts.get(slotOf(day, unit)) ?? noneOf(outcomes)
    const ofDay = outcomes.map((outcome) => tally.days.get(day)?.of(outcome) ?? 0)
    counts.set(
      slotOf(day, unit),
      parts.map((part, at) => part + (ofDay[at] ?? 0)),
    )
  }
  const bars = [...counts].slice(-MOST_BARS).map(([slot, parts]) => ({ label: labelOf(slot, unit), parts }))
  return { unit, bars }
}

const noneOf = (outcomes: readonly string[]): number[] => outcomes.map(() => 0)

const daysBetween = (first: string, last: string): number =>
  (Date.parse(last) - Date.parse(first)) / DAY_MS + 1

function unitOf(days: number): TimeUnit {
  if (days <= MOST_BARS) return 'day'
  return days <= 7 * MOST_BARS ? 'week' : 'month'
}

function* slotsBetween(first: string, last: string, unit: TimeUnit): Generator<string> {
  let before = ''
  for (let ms = Date.parse(first); ms <= Date.parse(last); ms += DAY_MS) {
    const slot = slotOf(new Date(ms).toISOString().slice(0, 10), unit)
    if (slot !== before) yield slot
    before = slot
  }
}

/** The first day of the week (Monday) or month that a day is in. */
function slotOf(day: string, unit: TimeUnit): string {
  if (unit === 'day') return day
  if (unit === 'month') return day.slice(0, 7)
  const ms = Date.parse(day)
  return new Date(ms - ((new Date(ms).getUTCDay() + 6) % 7) * DAY_MS).toISOString().slice(0, 10)
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

function labelOf(slot: string, unit: TimeUnit): string {
  const [year = '', month = '', day = ''] = slot.split('-')
  const name = MONTHS[Number(month) - 1] ?? month
  return unit === 'month' ? `${name} ${year}` : `${Number(day)} ${name}`
}
