import type { AccessGroupId, Bundle, BundlePolicy, PolicyDocument } from '@writ/contracts'

/** The policy that is looked at, as it would be published. */
export type Draft = {
  readonly document: PolicyDocument
  readonly name: string
  /** the policy that it takes the place of; null for a new one */
  readonly replaces: string | null
  /** the access groups that it would be attached to; null: all that there are */
  readonly groups: readonly AccessGroupId[] | null
}

/** What is known of the tenant now, beside what the records say. Every part may be missing: then the replay tells less. */
export type ReplayWorld = {
  /** access groups by the id of an agent or a human; null: it is not known who is in which */
  readonly membership: ReadonlyMap<string, readonly AccessGroupId[]> | null
  readonly groups: Bundle['groups']
  /** policies as they are in force now */
  readonly policies: readonly BundlePolicy[]
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
  trust: new Map(),
  unchangedSince: null,
}
