import type { Json, SessionState } from '@writ/contracts'
import type { ContentKeys, Inspection } from '@writ/policy'
import { inspect, knownSecrets, patternsOf } from '@writ/policy'
import type { CurrentBundle } from '../stages.ts'
import { settingsOf } from './group-settings.ts'
import { inTurns } from './in-turns.ts'
import type { Turns } from './in-turns.ts'

/** What content is inspected for: the policies of these groups, and the secrets that this session has met. */
export type Inspecting = {
  readonly current: CurrentBundle
  readonly groups: readonly string[]
  readonly state: SessionState | null
  readonly keys: ContentKeys | null
}

/** Runs the detectors in slices, so that no content holds up the other calls. */
export const inspected = (content: Json, inspecting: Inspecting, turns: Turns): Promise<Inspection> =>
  inTurns(inspect(content, optionsOf(inspecting)), turns)

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
