import type { Json, SessionState } from '@writ/contracts'
import type { ContentKeys, Inspection } from '@writ/policy'
import { inspect, knownSecrets, patternsOf } from '@writ/policy'
import type { CurrentBundle } from '../stages.ts'
import { settingsOf } from './group-settings.ts'

export type InspectPorts = {
  /** gives everything else in this process its turn */
  readonly turn: () => Promise<void>
}

/** What content is inspected for: the policies of these groups, and the secrets that this session has met. */
export type Inspecting = {
  readonly current: CurrentBundle
  readonly groups: readonly string[]
  readonly state: SessionState | null
  readonly keys: ContentKeys | null
}

/** Runs the detectors in slices, so that no content holds up the other calls. */
export async function inspected(
  content: Json,
  inspecting: Inspecting,
  { turn }: InspectPorts,
): Promise<Inspection> {
  const slices = inspect(content, optionsOf(inspecting))
  for (;;) {
    const slice = slices.next()
    if (slice.done === true) return slice.value
    await turn()
  }
}

function optionsOf({ current, groups, state, keys }: Inspecting) {
  const { bundle, policies } = current
  const applying = bundle.policies.filter((policy) => policy.groups.some((group) => groups.includes(group)))
  const secrets = state?.secrets ?? []
  return {
    patterns: policies.patterns && patternsOf(policies.patterns, new Set(applying.map(({ id }) => id))),
    oversize: settingsOf(groups, bundle.groups).oversize,
    knownSecrets: keys && secrets.length > 0 ? knownSecrets(secrets, keys.tenant) : null,
  }
}
