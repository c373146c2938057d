import type { AccessGroupId, Bundle, BundlePolicy, PolicyDocument } from '@writ/contracts'
import type { PolicyGroup } from '../../compile.ts'

/** The policy that is looked at, as it would be published. */
export type Draft = {
  readonly document: PolicyDocument
  readonly name: string
  /** the policy that it takes the place of; null for a new one */
  readonly replaces: string | null
  /** the access groups that it would be attached to; null: all that there are */
  readonly groups: readonly AccessGroupId[] | null
}

/** An override as it was, from when it was made until it ended or was removed: RFC 3339. */
export type PastOverride = Omit<Bundle['overrides'][number], 'id' | 'until'> & {
  readonly from: string
  readonly until: string
}

/** What is known of the tenant now, beside what the records say. Every part may be missing: then the replay tells less. */
export type ReplayWorld = {
  /** access groups by the id of an agent or a human; null: it is not known who is in which */
  readonly membership: ReadonlyMap<string, readonly AccessGroupId[]> | null
  readonly groups: readonly PolicyGroup[]
  /** policies as they are in force now */
  readonly policies: readonly BundlePolicy[]
  /** all that there ever were of the policy that the draft replaces */
  readonly overrides: readonly PastOverride[]
  /** by the id of a connection */
  readonly trust: ReadonlyMap<string, 'internal' | 'external'>
  /** RFC 3339: since when the policy that the draft replaces stands as it does in `policies`; null: it is not known */
  readonly unchangedSince: string | null
}

/** All that records alone say. */
export const RECORDS_ALONE: ReplayWorld = {
  membership: null,
  groups: [],
  policies: [],
  overrides: [],
  trust: new Map(),
  unchangedSince: null,
}
