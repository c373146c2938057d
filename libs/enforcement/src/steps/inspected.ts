import type { Json, SessionState } from '@writ/contracts'
import type { ContentKeys, Inspection, InspectOptions } from '@writ/policy'
import { inspect, knownSecrets, patternsOf } from '@writ/policy'
import type { CurrentBundle, Sought } from '../stages.ts'
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

function optionsOf({ current, groups, state, keys }: Inspecting): InspectOptions {
  const { patterns, oversize } = soughtFor(groups, current)
  const secrets = state?.secrets ?? []
  return {
    patterns,
    oversize,
    knownSecrets: keys && secrets.length > 0 ? knownSecrets(secrets, keys.tenant) : null,
  }
}

/** What is looked for in the content of callers of these groups, beside what always is. */
export function soughtFor(groups: readonly string[], { bundle, policies, soughtBy }: CurrentBundle): Sought {
  const known = soughtBy.get(groups)
  if (known !== undefined) return known
  const applying = bundle.policies.filter((policy) => policy.groups.some((group) => groups.includes(group)))
  const sought = {
    patterns: policies.patterns && patternsOf(policies.patterns, new Set(applying.map(({ id }) => id))),
    oversize: settingsOf(groups, bundle.groups).oversize,
  }
  soughtBy.set(groups, sought)
  return sought
}
