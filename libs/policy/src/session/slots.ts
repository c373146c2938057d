import type { Duration } from '@writ/contracts'
import { secondsOf, SESSION_CAPS } from '@writ/contracts'

/** Amounts by slot of time, oldest first; never an amount of zero. */
export type Slots = readonly Slot[]
type Slot = readonly [slot: number, amount: number]

/**
 * A window is kept in slots of a sixtieth of it, on the clock's own grid. What happened in a slot leaves with the whole slot, so up to a
 * sixtieth of the window late and never early. The whole session is one slot.
 */
const SLOTS_IN_WINDOW = 60
/** The bound of the state's schema: some slots more than a window touches, for gateways whose clocks differ a little. */
export const MAX_SLOTS = SESSION_CAPS.slotsOfFold
/** What is added up stays exact below it; a slot that reaches it stays there, and no sum over it can be told. */
export const LIMIT = Number.MAX_SAFE_INTEGER

export const slotOf = (atMs: number, window: Duration | null): number =>
  window === null ? 0 : Math.floor((atMs * SLOTS_IN_WINDOW) / millisecondsOf(window))

const lengths = new Map<Duration, number>()
const MAX_LENGTHS = 1_000

/** The same few windows are asked for with every call. */
function millisecondsOf(window: Duration): number {
  const known = lengths.get(window)
  if (known !== undefined) return known
  if (lengths.size >= MAX_LENGTHS) lengths.clear()
  const milliseconds = secondsOf(window) * 1_000
  lengths.set(window, milliseconds)
  return milliseconds
}

/** The oldest slot that still counts. */
export const oldestOf = (nowMs: number, window: Duration | null): number =>
  slotOf(nowMs, window) - (window === null ? 0 : SLOTS_IN_WINDOW)

/** What lies in the window, slots of clocks that run ahead included; `LIMIT` when it cannot be told. */
export function totalSince(slots: Slots, oldest: number): number {
  let total = 0
  for (let at = slots.length - 1; at >= 0; at -= 1) {
    const slot = slots[at]
    if (slot === undefined || slot[0] < oldest) break
    total += slot[1]
  }
  return Math.min(LIMIT, total)
}

/** An event that comes later than the bound allows for counts into the oldest slot that is kept: it leaves late. */
export function added(slots: Slots, slot: number, amount: number): Slots {
  if (amount === 0) return slots
  const newest = Math.max(slot, slots.at(-1)?.[0] ?? slot)
  const target = Math.max(slot, newest - MAX_SLOTS + 1)
  const kept = slots.filter(([one]) => one > newest - MAX_SLOTS)
  const before = kept.filter(([one]) => one < target)
  const same = kept.find(([one]) => one === target)?.[1] ?? 0
  return [...before, [target, plus(same, amount)], ...kept.filter(([one]) => one > target)]
}

/** The same amounts in fewer slots, on grids twice as coarse each: they leave later, and never early. @param most at least one */
export function coarser(slots: Slots, most: number): Slots {
  let kept = slots
  for (let step = 2; kept.length > most; step *= 2) kept = onGrid(kept, step)
  return kept
}

function onGrid(slots: Slots, step: number): Slots {
  const amounts = new Map<number, number>()
  for (const [slot, amount] of slots) {
    const end = Math.ceil(slot / step) * step
    amounts.set(end, plus(amounts.get(end) ?? 0, amount))
  }
  return [...amounts]
}

/** Takes back what `added` added. What has left its slot meanwhile is gone already; a slot at the limit stays there. */
export function takenBack(slots: Slots, slot: number, amount: number): Slots {
  return slots.flatMap(([one, total]) => {
    if (one !== slot || total >= LIMIT) return [[one, total] as const]
    return total > amount ? [[one, total - amount] as const] : []
  })
}

/** The larger amount of either: a join, so that inheriting twice changes nothing. */
export function joined(left: Slots, right: Slots): Slots {
  const amounts = new Map<number, number>(left)
  for (const [slot, amount] of right) amounts.set(slot, Math.max(amount, amounts.get(slot) ?? 0))
  return [...amounts].sort(([one], [other]) => one - other).slice(-MAX_SLOTS)
}

const plus = (left: number, right: number): number => Math.min(LIMIT, left + right)
