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
  const all = namesIn(sightings)
  if (!all.some(isOfPattern)) return { all, asked: { plain: all, byPolicy: NO_PATTERNS } }
  const plain = all.filter((signal) => !isOfPattern(signal))
  const byPolicy = new Map<string, string[]>()
  for (const sighting of sightings) {
    for (const policy of policiesSeeing(sighting, owners)) {
      const signals = byPolicy.get(policy)
      if (signals === undefined) byPolicy.set(policy, [...plain, sighting.signal])
      else if (!signals.includes(sighting.signal)) signals.push(sighting.signal)
    }
  }
  for (const signals of byPolicy.values()) if (signals.length > 1) signals.sort()
  return { all, asked: { plain, byPolicy } }
}

const isOfPattern = (signal: string): boolean => signal.startsWith(PATTERN)

/** Sorted, each once. */
function namesIn(sightings: Inspection['sightings']): readonly string[] {
  const names = sightings.map(({ signal }) => signal)
  return names.length === 1 ? names : [...new Set(names)].sort()
}

/** Whose pattern it is a sighting of; none for what every policy sees. */
export function policiesSeeing(
  { signal, policy }: { readonly signal: string; readonly policy?: string },
  owners: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  if (!isOfPattern(signal)) return []
  return policy === undefined ? (owners.get(signal.slice(PATTERN.length)) ?? []) : [policy]
}
