import type { AuditRecord, Channel, Fault } from '@writ/contracts'
import { faultAt } from './fault.ts'

/** What a node is: a gateway of the fleet, the daemon of a tenant's device, or the platform itself. */
export type NodeKind = 'gateway' | 'device' | 'control-plane'

type Kind = AuditRecord['kind']

/** What enforcement points say, of calls and of themselves. */
const OF_POINTS: ReadonlySet<Kind> = new Set([
  'opened',
  'closed',
  'applied',
  'stream_opened',
  'stream_closed',
  'gap',
])

/** What the platform says. `closed`: how a call ended whose enforcement point fell silent. */
const OF_PLATFORM: ReadonlySet<Kind> = new Set(['administered', 'found', 'stream_lost', 'erasure', 'closed'])

const MAKES: Readonly<Record<NodeKind, ReadonlySet<Kind>>> = {
  gateway: OF_POINTS,
  device: OF_POINTS,
  'control-plane': OF_PLATFORM,
}

/** The channel of calls. What a point says of itself, about nobody's call, may name either. */
const CHANNELS: Readonly<Record<NodeKind, Channel | null>> = {
  gateway: 'gateway',
  device: 'hooks',
  'control-plane': null,
}

/**
 * Whether a node of that kind ever makes such a record. A key says who signed; what its holder may say is for this to tell: with the stolen
 * key of a gateway nobody writes that an administrator did something, that a human was erased, or that the platform found something.
 * @returns null when it does
 */
export function makerFault(record: AuditRecord, maker: NodeKind): Fault | null {
  const { stream, seq, decisionId } = record
  const what = foreignPart(record, maker)
  return what === null
    ? null
    : faultAt({ stream, seq, decisionId }, 'form', `a ${maker} makes no record ${what}`)
}

function foreignPart(record: AuditRecord, maker: NodeKind): string | null {
  const { kind } = record
  if (!MAKES[maker].has(kind)) return `of kind ${kind}`
  if (maker === 'control-plane') return kind === 'closed' && record.outcome !== 'unknown' ? 'of a call' : null
  const member = memberOfPlatform(record)
  if (member !== null) return `with the member ${member}`
  if (record.outcome === 'unknown') return 'of an outcome that nobody knows'
  return isOfCall(kind) && record.channel !== CHANNELS[maker] ? `of the channel ${record.channel}` : null
}

/** Members that stand in records of the platform only, whatever kind a record says that it is. */
function memberOfPlatform({ administration, finding, lost, erasure }: AuditRecord): string | null {
  if (administration !== null) return 'administration'
  if (finding !== null) return 'finding'
  if (lost !== undefined) return 'lost'
  return erasure === undefined ? null : 'erasure'
}

const isOfCall = (kind: Kind): boolean => kind === 'opened' || kind === 'closed'

/** Who makes such a record: enforcement points, the platform, or nobody (`both`); null where either does. */
export function sideOf(record: AuditRecord): 'point' | 'platform' | 'both' | null {
  const { kind } = record
  const isOfPlatform = (kind !== 'closed' && OF_PLATFORM.has(kind)) || memberOfPlatform(record) !== null
  const isOfPoint = kind === 'closed' ? record.outcome !== 'unknown' : OF_POINTS.has(kind)
  if (isOfPoint && isOfPlatform) return 'both'
  if (isOfPoint) return 'point'
  return isOfPlatform ? 'platform' : null
}
