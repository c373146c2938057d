import type { Action, JsonObject, SessionState } from '@writ/contracts'
import type { ContentKeys } from '../modify/content-keys.ts'
import { RuleFault } from '../rule-fault.ts'
import { UNITS, unitsOf } from './amount.ts'
import { fingerprint } from './fingerprint.ts'
import { FoldRoom, OWN, SHARED } from './fold-room.ts'
import type { Folds, Place } from './fold-room.ts'
import type { FoldSpec, SessionPlan } from './plan.ts'
import { sameArguments } from './same-arguments.ts'
import { added, LIMIT, oldestOf, slotOf, takenBack, totalSince } from './slots.ts'

/** The action that is asked about. @property keys needed by folds over the same resource or arguments */
export type Asked = {
  readonly nowMs: number
  readonly action: Action
  readonly connection: { readonly name: string }
  readonly args: JsonObject
  readonly keys: ContentKeys | null
}

/** Something that happened, as it has to be given to `reserve` and, unchanged, to `release`. */
export type SessionEvent = Asked & {
  readonly kind: 'call' | 'denial' | 'approval'
  readonly keys: ContentKeys
}

/** How many events, or the sum over them, in the window before now. */
export function foldValue(state: SessionState, spec: FoldSpec, asked: Asked): number | RuleFault {
  const place = placeOf(spec, asked)
  if (place instanceof RuleFault) return place
  const oldest = oldestOf(asked.nowMs, spec.window)
  const total = totalAt(state.folds, place, oldest)
  if (total >= LIMIT) return new RuleFault('what the session did is too much to add up')
  if (spec.sum === null) return total
  return totalAt(state.folds, untold(place), oldest) > 0
    ? new RuleFault('an amount of the session cannot be told')
    : total / UNITS
}

/** Counts an event at once, before its effect: three transfers at the same moment do not pass a cap that one fills. */
export function reserve(state: SessionState, plan: SessionPlan, event: SessionEvent): SessionState {
  const room = new FoldRoom(state.folds, plan)
  for (const spec of plan.folds) if (isSelected(spec, event)) addTo(room, spec, event)
  return withCounts({ ...state, folds: room.bounded() }, event, 1)
}

/** Takes back an event that `reserve` counted and that did not happen. What it pushed out of its window stays out. */
export function release(state: SessionState, plan: SessionPlan, event: SessionEvent): SessionState {
  const room = new FoldRoom(state.folds, plan)
  for (const spec of plan.folds) if (isSelected(spec, event)) takeFrom(room, spec, event)
  return withCounts({ ...state, folds: room.bounded() }, event, -1)
}

function isSelected({ select }: FoldSpec, { kind, action, connection }: SessionEvent): boolean {
  if (select.event !== kind) return false
  if (select.class !== undefined && !select.class.includes(action.class)) return false
  if (select.tool !== undefined && !select.tool.includes(action.tool ?? '')) return false
  return select.connection === undefined || select.connection.includes(connection.name)
}

function placeOf(spec: FoldSpec, asked: Asked): Place | RuleFault {
  const { same } = spec.select
  if (same === undefined) return { own: spec.id, shared: null, last: null }
  const { action, connection, args, keys } = asked
  if (keys === null) return new RuleFault('events cannot be compared without the keys of the tenant')
  const print =
    same === 'resource'
      ? fingerprint(`resource ${action.resource}`, keys)
      : sameArguments(`${connection.name}/${action.tool ?? action.method}`, args, keys)
  const last = spec.id + SHARED
  return { own: spec.id + OWN + print, shared: last + print.charAt(0), last }
}

/** A sum counts the events whose amount cannot be told beside itself, under this mark. */
const untold = ({ own, shared, last }: Place): Place => ({
  own: `${own}!`,
  shared: shared && `${shared}!`,
  last: last && `${last}!`,
})

function totalAt(folds: Folds, { own, shared, last }: Place, oldest: number): number {
  const total = totalSince(folds[own] ?? [], oldest)
  if (shared === null || last === null) return total
  return total + totalSince(folds[shared] ?? [], oldest) + totalSince(folds[last] ?? [], oldest)
}

function addTo(room: FoldRoom, spec: FoldSpec, event: SessionEvent): void {
  const { place, slot, amount } = entryOf(spec, event)
  const home = room.homeOf(spec, place, event.nowMs)
  room.put(home, added(room.at(home), slot, amount))
}

function takeFrom(room: FoldRoom, spec: FoldSpec, event: SessionEvent): void {
  const { place, slot, amount } = entryOf(spec, event)
  const home = room.foundAt(place)
  if (home !== undefined) room.put(home, takenBack(room.at(home), slot, amount))
}

function entryOf(spec: FoldSpec, event: SessionEvent): { place: Place; slot: number; amount: number } {
  const place = placeOf(spec, event)
  if (place instanceof RuleFault) throw new TypeError(place.because)
  const slot = slotOf(event.nowMs, spec.window)
  const units = spec.sum === null ? 1 : unitsOf(event.args, spec.sum)
  return units === null ? { place: untold(place), slot, amount: 1 } : { place, slot, amount: units }
}

function withCounts(state: SessionState, { kind }: SessionEvent, by: 1 | -1): SessionState {
  return {
    ...state,
    version: state.version + 1,
    calls: Math.max(0, state.calls + (kind === 'call' ? by : 0)),
    denials: Math.max(0, state.denials + (kind === 'denial' ? by : 0)),
  }
}
