import { AuditRecord, PolicyDocument } from '@writ/contracts'
import type { Outcome, RuleMatch } from '@writ/contracts'
import { replayPolicy } from './replay-policy.ts'
import type { Draft, ReplayWorld } from './world.ts'
import { RECORDS_ALONE } from './world.ts'

export const ulid = (number: number): string => String(number).padStart(26, '0')
export const POLICY = `pol_${ulid(1)}` as const
export const OTHER = `pol_${ulid(2)}` as const
export const GROUP = `grp_${ulid(1)}` as const
export const AGENT = `agt_${ulid(1)}` as const
export const HUMAN = `hum_${ulid(1)}` as const

export const match = (more: Partial<RuleMatch>): RuleMatch => ({
  policy: POLICY,
  policyName: 'mail',
  policyVersion: 1,
  rule: 'a',
  effect: 'deny',
  mode: 'enforce',
  reason: 'no',
  errored: false,
  overriddenBy: null,
  ...more,
})

type Told = { readonly tool?: string; readonly outcome?: Outcome; readonly matches?: readonly RuleMatch[] }
export const decision = ({ outcome = 'allow', matches = [] }: Told, more: object = {}) => ({
  outcome,
  matches,
  signals: [],
  modified: false,
  ...more,
})

export const record = (told: Told = {}, more: object = {}): AuditRecord =>
  AuditRecord.parse({
    v: 'writ.decision.v1',
    kind: 'closed',
    decisionId: `dec_${ulid(1)}`,
    tenant: `ten_${ulid(1)}`,
    stream: `nod_${ulid(1)}:boo_${ulid(1)}:ten_${ulid(1)}`,
    seq: 0,
    prev: '0'.repeat(64),
    at: '2026-01-02T00:00:00.000Z',
    channel: 'gateway',
    human: { id: HUMAN, name: 'ana' },
    agent: { id: AGENT, name: 'claude' },
    session: `ses_${ulid(1)}`,
    keyThumbprint: null,
    connection: { id: `con_${ulid(1)}`, name: 'mail' },
    action: {
      method: 'tools/call',
      tool: told.tool ?? 'send_mail',
      class: 'sink.external',
      classSource: 'inferred',
      resource: `mail/${told.tool ?? 'send_mail'}`,
    },
    outcome: told.outcome ?? 'allow',
    refusal: null,
    outbound: decision(told),
    inbound: null,
    bundle: null,
    credential: null,
    request: null,
    response: null,
    durationMicros: 1,
    gateway: { node: `nod_${ulid(1)}`, build: '1' },
    ...more,
  })

export const rule = (when: object, more: object = {}) => ({
  id: 'a',
  effect: 'deny',
  reason: 'no',
  when,
  ...more,
})
export const documentOf = (...rules: object[]): PolicyDocument => PolicyDocument.parse({ writ: 1, rules })
const draftOf = (document: PolicyDocument, more: Partial<Draft> = {}): Draft => ({
  document,
  name: 'draft',
  replaces: null,
  groups: null,
  ...more,
})
export const toolIs = (value: string) => ({ path: 'action.tool', op: 'eq', value })
/** A replay beside what is known of the tenant. */
export const replayed = (
  document: PolicyDocument,
  records: readonly AuditRecord[],
  draft: Partial<Draft> = {},
  world: Partial<ReplayWorld> = {},
) => replayPolicy(draftOf(document, draft), records, { current: { ...RECORDS_ALONE, ...world } })

export const counts = (...given: Parameters<typeof replayed>) => {
  const { loses, gains, modifies, cannotTell, unchanged } = replayed(...given)
  return { loses, gains, modifies, cannotTell, unchanged }
}

export const none = { loses: 0, gains: 0, modifies: 0, cannotTell: 0, unchanged: 0 }
