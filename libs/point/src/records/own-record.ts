import type { AuditRecord, BootId, Channel, DecisionId, TenantId } from '@writ/contracts'
import type { StreamPosition } from '@writ/audit'

/** Where and when a record is written. */
export type Writing = {
  readonly position: StreamPosition
  readonly at: string
  readonly gateway: AuditRecord['gateway']
}

/** What a point says of itself, about nobody's call. */
export type OwnRecord = Pick<AuditRecord, 'kind'> &
  Partial<Pick<AuditRecord, 'bundle' | 'applied' | 'gap' | 'outcome'>> & {
    readonly decisionId: DecisionId
    readonly tenant: TenantId
    readonly channel: Channel
  }

export const ownRecord = (own: OwnRecord, { position, at, gateway }: Writing): AuditRecord => ({
  v: 'writ.decision.v1',
  stream: position.stream,
  seq: position.seq,
  prev: position.prev,
  at,
  human: null,
  agent: null,
  delegators: [],
  session: null,
  keyThumbprint: null,
  connection: null,
  action: null,
  outcome: 'allow',
  refusal: null,
  outbound: null,
  inbound: null,
  bundle: null,
  credential: null,
  request: null,
  response: null,
  administration: null,
  local: null,
  finding: null,
  durationMicros: 0,
  gateway,
  ...own,
})

/** An id is made of the time and of randomness, whatever it is of. */
export const decisionIdOf = (boot: BootId): DecisionId => `dec_${boot.slice('boo_'.length)}`
