import type { GroupSettings, Json } from '@writ/contracts'
import type { CompiledPolicies, Inspection } from '@writ/policy'
import { inspect } from '@writ/policy'

export type InspectPorts = {
  /** gives everything else in this process its turn */
  readonly turn: () => Promise<void>
}

/** Runs the detectors in slices, so that no content holds up the other calls. */
export async function inspected(
  content: Json,
  policies: CompiledPolicies,
  oversize: GroupSettings['oversize'],
  { turn }: InspectPorts,
): Promise<Inspection> {
  const slices = inspect(content, { patterns: policies.patterns, oversize, knownSecrets: null })
  for (;;) {
    const slice = slices.next()
    if (slice.done === true) return slice.value
    await turn()
  }
}
