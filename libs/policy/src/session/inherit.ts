import { Provenance } from '@writ/contracts'
import type { SessionState } from '@writ/contracts'
import { MAX_HOSTS } from './hosts.ts'
import { MAX_LABELS, TOO_MANY_LABELS } from './observe.ts'
import { MAX_SECRETS } from './secrets.ts'
import { joined } from './slots.ts'
import { unionOf } from './state.ts'
import { unionOfValues } from './values.ts'

/**
 * What a delegated session starts from, and may be given again at any time: a join, so the order does not matter, the same again changes
 * nothing (versions aside), and nothing is ever taken away. Counters are the larger of both: what a parent has spent, its child has
 * spent. Two children may still each spend what is left.
 */
export function inherit(parent: SessionState, child: SessionState): SessionState {
  const labels = unionOf(parent.labels, child.labels)
  const fits = labels.length <= MAX_LABELS
  return {
    format: child.format,
    version: Math.max(parent.version, child.version) + 1,
    startedAtMs: Math.min(parent.startedAtMs, child.startedAtMs),
    labels: fits ? labels : labels.slice(0, MAX_LABELS),
    calls: Math.max(parent.calls, child.calls),
    denials: Math.max(parent.denials, child.denials),
    aborted: firstOf([parent.aborted, child.aborted, ...(fits ? [] : [TOO_MANY_LABELS])]),
    folds: joinedRecords(parent.folds, child.folds, (left, right) =>
      joined(left, right).map(([slot, amount]) => [slot, amount]),
    ),
    values: joinedValues(parent.values, child.values),
    secrets: unionOf(parent.secrets, child.secrets).slice(-MAX_SECRETS),
    hosts: unionOf(parent.hosts, child.hosts).slice(0, MAX_HOSTS),
    pins: joinedRecords(parent.pins, child.pins, (left, right) => (left === right ? left : TWO_DEFINITIONS)),
  }
}

/** Stands for no definition, so that every one counts as changed. */
export const TWO_DEFINITIONS = 'two definitions'

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

const NONE = { prints: [], full: false }

const joinedValues = (left: SessionState['values'], right: SessionState['values']): SessionState['values'] =>
  Object.fromEntries(
    Provenance.options
      .filter((source) => left[source] !== undefined || right[source] !== undefined)
      .map((source) => [source, unionOfValues(left[source] ?? NONE, right[source] ?? NONE)]),
  )
