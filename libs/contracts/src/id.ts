import { z } from 'zod'

/** The kinds of thing that have an id, by the prefix that the id carries. */
export type IdPrefix =
  | 'ten'
  | 'agt'
  | 'hum'
  | 'ses'
  | 'grp'
  | 'pol'
  | 'con'
  | 'dec'
  | 'apr'
  | 'ovr'
  | 'nod'
  | 'boo'
  | 'gnt'
  | 'wak'
  | 'wen'
  | 'sso'
  | 'dom'
  | 'dir'
  | 'wol'
  | 'out'
  | 'pak'
  | 'sub'
  | 'hld'

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

const idOf = <P extends IdPrefix>(prefix: P) =>
  z.templateLiteral([`${prefix}_`, z.string().regex(/^[0-9A-HJKMNP-TV-Z]{26}$/)])

export const TenantId = idOf('ten')
export type TenantId = z.infer<typeof TenantId>
export const AgentId = idOf('agt')
export type AgentId = z.infer<typeof AgentId>
export const HumanId = idOf('hum')
export type HumanId = z.infer<typeof HumanId>
export const SessionId = idOf('ses')
export type SessionId = z.infer<typeof SessionId>
export const AccessGroupId = idOf('grp')
export type AccessGroupId = z.infer<typeof AccessGroupId>
export const PolicyId = idOf('pol')
export type PolicyId = z.infer<typeof PolicyId>
export const ConnectionId = idOf('con')
export type ConnectionId = z.infer<typeof ConnectionId>
export const DecisionId = idOf('dec')
export type DecisionId = z.infer<typeof DecisionId>
export const ApprovalId = idOf('apr')
export type ApprovalId = z.infer<typeof ApprovalId>
export const OverrideId = idOf('ovr')
export type OverrideId = z.infer<typeof OverrideId>
export const SsoConnectionId = idOf('sso')
export type SsoConnectionId = z.infer<typeof SsoConnectionId>
export const DomainId = idOf('dom')
export type DomainId = z.infer<typeof DomainId>
export const DirectoryId = idOf('dir')
export type DirectoryId = z.infer<typeof DirectoryId>
export const OutletId = idOf('out')
export type OutletId = z.infer<typeof OutletId>
export const GrantId = idOf('gnt')
export type GrantId = z.infer<typeof GrantId>
export const NodeId = idOf('nod')
export type NodeId = z.infer<typeof NodeId>
export const SubjectKeyId = idOf('sub')
export type SubjectKeyId = z.infer<typeof SubjectKeyId>
export const PackId = idOf('pak')
export type PackId = z.infer<typeof PackId>
export const HoldId = idOf('hld')
export type HoldId = z.infer<typeof HoldId>
export const BootId = idOf('boo')
export type BootId = z.infer<typeof BootId>

/** A name that stands in a URL: lower-case letters, digits and inner hyphens, 1 to 63 characters. */
export const Slug = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'use a-z, 0-9 and inner hyphens, at most 63')
export type Slug = z.infer<typeof Slug>

/**
 * A ULID with the prefix of its kind, so that a log line explains itself.
 * @param atMs milliseconds since the epoch, the sortable half
 * @param random at least 10 random bytes, the unguessable half
 */
export function formatId<P extends IdPrefix>(prefix: P, atMs: number, random: Uint8Array): `${P}_${string}` {
  if (random.length < 10) throw new RangeError('an id needs 10 random bytes')
  return `${prefix}_${encoded(atMs, 10)}${encoded(fortyBits(random, 0), 8)}${encoded(fortyBits(random, 5), 8)}`
}

/** So many digits of base 32, the most significant first. */
function encoded(value: number, digits: number): string {
  let rest = value
  let text = ''
  for (let place = 0; place < digits; place += 1) {
    text = CROCKFORD.charAt(rest % 32) + text
    rest = Math.floor(rest / 32)
  }
  return text
}

/** Five bytes as one number: a double holds them exactly. */
function fortyBits(bytes: Uint8Array, from: number): number {
  let value = 0
  for (let at = from; at < from + 5; at += 1) value = value * 256 + (bytes[at] ?? 0)
  return value
}
