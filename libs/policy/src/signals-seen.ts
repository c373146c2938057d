import type { Signals } from './facts.ts'
import type { Inspection } from './detectors/sighting.ts'

const PATTERN = 'pattern.'
const NOTHING: SeenSignals = { all: [], asked: { plain: [], byPolicy: new Map() } }

/** `all`: as it is reported. `asked`: as the rules see it, each policy its own patterns only. */
export type SeenSignals = { readonly all: readonly string[]; readonly asked: Signals }

/** @param owners policies by the name of a pattern of theirs, for sightings that do not say whose pattern they are of */
export function signalsSeen(
  { sightings }: Inspection,
  owners: ReadonlyMap<string, readonly string[]>,
): SeenSignals {
  if (sightings.length === 0) return NOTHING
  const all = sortedSet(sightings.map(({ signal }) => signal))
  const plain = all.filter((signal) => !signal.startsWith(PATTERN))
  if (plain.length === all.length) return { all, asked: { plain, byPolicy: new Map() } }
  const byPolicy = new Map<string, string[]>()
  for (const sighting of sightings) {
    for (const policy of policiesSeeing(sighting, owners))
      byPolicy.set(policy, [...(byPolicy.get(policy) ?? plain), sighting.signal])
  }
  const sorted = [...byPolicy].map(([policy, signals]) => [policy, sortedSet(signals)] as const)
  return { all, asked: { plain, byPolicy: new Map(sorted) } }
}

const sortedSet = (signals: readonly string[]): readonly string[] =>
  signals.length === 1 ? signals : [...new Set(signals)].sort()

/** Whose pattern it is a sighting of; none for what every policy sees. */
export function policiesSeeing(
  { signal, policy }: { readonly signal: string; readonly policy?: string },
  owners: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  if (!signal.startsWith(PATTERN)) return []
  return policy === undefined ? (owners.get(signal.slice(PATTERN.length)) ?? []) : [policy]
}
