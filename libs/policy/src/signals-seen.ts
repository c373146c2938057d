import type { Signals } from './facts.ts'
import type { Inspection } from './detectors/sighting.ts'

const PATTERN = 'pattern.'
const NO_PATTERNS: Signals['byPolicy'] = new Map()
const NOTHING: SeenSignals = { all: [], asked: { plain: [], byPolicy: NO_PATTERNS } }

/** `all`: as it is reported. `asked`: as the rules see it, each policy its own patterns only. */
export type SeenSignals = { readonly all: readonly string[]; readonly asked: Signals }

/** @param owners policies by the name of a pattern of theirs, for sightings that do not say whose pattern they are of */
export function signalsSeen(
  { sightings }: Inspection,
  owners: ReadonlyMap<string, readonly string[]>,
): SeenSignals {
  if (sightings.length === 0) return NOTHING
  const all = sortedSet(sightings.map(({ signal }) => signal))
  if (!all.some(isOfPattern)) return { all, asked: { plain: all, byPolicy: NO_PATTERNS } }
  const plain = all.filter((signal) => !isOfPattern(signal))
  const byPolicy = new Map<string, string[]>()
  for (const sighting of sightings) {
    for (const policy of policiesSeeing(sighting, owners))
      byPolicy.set(policy, [...(byPolicy.get(policy) ?? plain), sighting.signal])
  }
  const sorted = [...byPolicy].map(([policy, signals]) => [policy, sortedSet(signals)] as const)
  return { all, asked: { plain, byPolicy: new Map(sorted) } }
}

const isOfPattern = (signal: string): boolean => signal.startsWith(PATTERN)

const sortedSet = (signals: readonly string[]): readonly string[] =>
  signals.length === 1 ? signals : [...new Set(signals)].sort()

/** Whose pattern it is a sighting of; none for what every policy sees. */
export function policiesSeeing(
  { signal, policy }: { readonly signal: string; readonly policy?: string },
  owners: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  if (!isOfPattern(signal)) return []
  return policy === undefined ? (owners.get(signal.slice(PATTERN.length)) ?? []) : [policy]
}
