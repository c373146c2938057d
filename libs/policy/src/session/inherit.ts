import { Provenance, SESSION_CAPS } from '@writ/contracts'
import type { SessionState } from '@writ/contracts'
import { TWO_DEFINITIONS } from '../pins/compare.ts'
import { MAX_HOSTS } from './hosts.ts'
import { MAX_LABELS, TOO_MANY_LABELS } from './observe.ts'
import { MAX_SECRETS } from './secrets.ts'
import { joined } from './slots.ts'
import { unionOf } from './state.ts'
import { joinedTasks } from './tasks.ts'
import { NO_VALUES, unionOfValues } from './values.ts'

/**
 * What a delegated session starts from, and may be given again at any time: a join, so the order does not matter, the same again changes
 * nothing (versions aside), and nothing is ever taken away. Counters are the larger of both: what a parent has spent, its child has
 * spent. Two children may still each spend what is left.
 */
export function inherit(parent: SessionState, child: SessionState): SessionState {
  const labels = unionOf(parent.labels, child.labels)
  const fits = labels.length <= MAX_LABELS
  const folds = joinedRecords(parent.folds, child.folds, (left, right) =>
    joined(left, right).map(([slot, amount]) => [slot, amount]),
  )
  const faults = [...(fits ? [] : [TOO_MANY_LABELS]), ...(canHold(folds) ? [] : [TOO_MANY_FOLDS])]
  return {
    format: child.format,
    version: Math.max(parent.version, child.version) + 1,
    startedAtMs: Math.min(parent.startedAtMs, child.startedAtMs),
    labels: fits ? labels : labels.slice(0, MAX_LABELS),
    calls: Math.max(parent.calls, child.calls),
    denials: Math.max(parent.denials, child.denials),
    aborted: firstOf([parent.aborted, child.aborted, ...faults]),
    folds: canHold(folds) ? folds : child.folds,
    values: joinedValues(parent.values, child.values),
    secrets: unionOf(parent.secrets, child.secrets).slice(-MAX_SECRETS),
    hosts: unionOf(parent.hosts, child.hosts).slice(0, MAX_HOSTS),
    pins: firstPins(
      joinedRecords(parent.pins, child.pins, (left, right) => (left === right ? left : TWO_DEFINITIONS)),
    ),
    ...joinedTasks(parent.tasks, child.tasks),
  }
}

export const TOO_MANY_FOLDS = 'too-many-folds'

/** What two sessions did that does not fit in one cannot be counted any more: the session ends rather than forget. */
const canHold = (folds: SessionState['folds']): boolean =>
  Object.keys(folds).length <= 2 * SESSION_CAPS.foldKeys &&
  Object.values(folds).reduce((slots, fold) => slots + fold.length, 0) <= 2 * SESSION_CAPS.slots

const firstPins = (pins: SessionState['pins']): SessionState['pins'] =>
  Object.fromEntries(Object.entries(pins).slice(0, SESSION_CAPS.pins))

const firstOf = (rules: readonly (string | null)[]): string | null =>
  rules.filter((rule) => rule !== null).sort()[0] ?? null

function joinedRecords<Value>(
  left: Readonly<Record<string, Value>>,
  right: Readonly<Record<string, Value>>,
  join: (left: Value, right: Value) => Value,
): Record<string, Value> {
  const all = new Map(Object.entries(left))
  for (const [name, value] of Object.entries(right)) {
    const before = all.get(name)
    all.set(name, before === undefined ? value : join(before, value))
  }
  return Object.fromEntries([...all].sort(([one], [other]) => (one < other ? -1 : 1)))
}

const joinedValues = (left: SessionState['values'], right: SessionState['values']): SessionState['values'] =>
  Object.fromEntries(
    Provenance.options
      .filter((source) => left[source] !== undefined || right[source] !== undefined)
      .map((source) => [source, unionOfValues(left[source] ?? NO_VALUES, right[source] ?? NO_VALUES)]),
  )
