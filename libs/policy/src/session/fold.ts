import type { Action, JsonObject, SessionState } from '@writ/contracts'
import type { ContentKeys } from '../modify/content-keys.ts'
import { RuleFault } from '../rule-fault.ts'
import { UNITS, unitsOf } from './amount.ts'
import { fingerprint } from './fingerprint.ts'
import type { FoldSpec, SessionPlan } from './plan.ts'
import { ID_LENGTH } from './plan.ts'
import { sameArguments } from './same-arguments.ts'
import type { Slots } from './slots.ts'
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

type Folds = SessionState['folds']

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
  const folds = { ...state.folds }
  if (Object.keys(folds).length > MAX_FOLDS) forgetUnasked(folds, plan)
  for (const spec of plan.folds) if (isSelected(spec, event)) addTo(folds, spec, event)
  return withCounts({ ...state, folds }, event, 1)
}

/** Takes back an event that `reserve` counted and that did not happen. What it pushed out of its window stays out. */
export function release(state: SessionState, plan: SessionPlan, event: SessionEvent): SessionState {
  const folds = { ...state.folds }
  for (const spec of plan.folds) if (isSelected(spec, event)) takeFrom(folds, spec, event)
  return withCounts({ ...state, folds }, event, -1)
}

function isSelected({ select }: FoldSpec, { kind, action, connection }: SessionEvent): boolean {
  if (select.event !== kind) return false
  if (select.class !== undefined && !select.class.includes(action.class)) return false
  if (select.tool !== undefined && !select.tool.includes(action.tool ?? '')) return false
  return select.connection === undefined || select.connection.includes(connection.name)
}

/** How many resources, or arguments, one fold keeps apart. */
const MAX_KEYS = 128
/** Folds of earlier bundles are kept beside the present ones, up to here: gateways change bundles one after the other. */
const MAX_FOLDS = 1_024

/**
 * Under which name a fold keeps the events that are like the one asked about, and where they are when there is no room for a name of
 * their own: 64 shared places, by the first character of the fingerprint. Those who share count for each other: never too little.
 */
type Place = { readonly own: string; readonly shared: string | null }
const SHARED = '/~'

function placeOf(spec: FoldSpec, asked: Asked): Place | RuleFault {
  const { same } = spec.select
  if (same === undefined) return { own: spec.id, shared: null }
  const { action, connection, args, keys } = asked
  if (keys === null) return new RuleFault('events cannot be compared without the keys of the tenant')
  const print =
    same === 'resource'
      ? fingerprint(`resource ${action.resource}`, keys)
      : sameArguments(`${connection.name}/${action.tool ?? action.method}`, args, keys)
  return { own: `${spec.id}/${print}`, shared: spec.id + SHARED + print.charAt(0) }
}

/** A sum counts the events whose amount cannot be told beside itself, under this mark. */
const untold = ({ own, shared }: Place): Place => ({ own: `${own}!`, shared: shared && `${shared}!` })

function totalAt(folds: Folds, { own, shared }: Place, oldest: number): number {
  const total = totalSince(folds[own] ?? [], oldest)
  return shared === null ? total : total + totalSince(folds[shared] ?? [], oldest)
}

function addTo(folds: Folds, spec: FoldSpec, event: SessionEvent): void {
  const { place, slot, amount } = entryOf(spec, event)
  const home = homeOf(folds, spec, place, event.nowMs)
  put(folds, home, added(folds[home] ?? [], slot, amount))
}

function takeFrom(folds: Folds, spec: FoldSpec, event: SessionEvent): void {
  const { place, slot, amount } = entryOf(spec, event)
  const home = folds[place.own] === undefined ? (place.shared ?? place.own) : place.own
  put(folds, home, takenBack(folds[home] ?? [], slot, amount))
}

function entryOf(spec: FoldSpec, event: SessionEvent): { place: Place; slot: number; amount: number } {
  const place = placeOf(spec, event)
  if (place instanceof RuleFault) throw new TypeError(place.because)
  const slot = slotOf(event.nowMs, spec.window)
  const units = spec.sum === null ? 1 : unitsOf(event.args, spec.sum)
  return units === null ? { place: untold(place), slot, amount: 1 } : { place, slot, amount: units }
}

function homeOf(folds: Folds, spec: FoldSpec, { own, shared }: Place, nowMs: number): string {
  if (shared === null || folds[own] !== undefined) return own
  return livingKeys(folds, spec, nowMs) < MAX_KEYS ? own : shared
}

/** How many resources, or arguments, a fold keeps apart now; those that have left its window make room. */
function livingKeys(folds: Folds, { id, window }: FoldSpec, nowMs: number): number {
  const [own, shared] = [`${id}/`, id + SHARED]
  const oldest = oldestOf(nowMs, window)
  let count = 0
  for (const key of Object.keys(folds)) {
    if (!key.startsWith(own) || key.startsWith(shared)) continue
    if ((folds[key]?.at(-1)?.[0] ?? oldest) < oldest) delete folds[key]
    else count += 1
  }
  return count
}

function forgetUnasked(folds: Folds, plan: SessionPlan): void {
  const asked = new Set(plan.folds.map(({ id }) => id))
  for (const key of Object.keys(folds)) if (!asked.has(key.slice(0, ID_LENGTH))) delete folds[key]
}

function put(folds: Folds, key: string, slots: Slots): void {
  if (slots.length === 0) delete folds[key]
  else folds[key] = slots.map(([slot, amount]) => [slot, amount])
}

function withCounts(state: SessionState, { kind }: SessionEvent, by: 1 | -1): SessionState {
  return {
    ...state,
    version: state.version + 1,
    calls: Math.max(0, state.calls + (kind === 'call' ? by : 0)),
    denials: Math.max(0, state.denials + (kind === 'denial' ? by : 0)),
  }
}
