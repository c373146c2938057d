import { AuditRecord } from '@writ/contracts'
import type { Json } from '@writ/contracts'
import { canonical } from '@writ/audit'
import type { Delivered } from './delivered.ts'
import { withoutPersonal } from './personal.ts'

/** Records that specs share: fixed, so that a failure can be repeated. */
const ulid = (digit: string): string => digit.repeat(26)
export const TENANT = `ten_${ulid('1')}` as const
const NODE = `nod_${ulid('2')}` as const
export const SEALED = {
  c: 'c'.repeat(64),
  ct: 'A'.repeat(90),
  epk: 'B'.repeat(43),
  key: `sub_${ulid('Z')}`,
} as const

const MATCH = {
  policy: `pol_${ulid('A')}`,
  policyName: 'no deletes',
  policyVersion: 3,
  rule: 'no-delete',
  effect: 'deny',
  mode: 'enforce',
  reason: 'deleting is not allowed',
  errored: false,
  overriddenBy: null,
} as const

const decision = (outcome: string, matches: readonly unknown[] = [], modified = false) => ({
  outcome,
  matches,
  signals: ['pii.email'],
  modified,
  byDefault: false,
  labels: [],
  hidden: [],
  approval: null,
})

export const DENIED = {
  v: 'writ.decision.v1',
  kind: 'closed',
  decisionId: `dec_${ulid('3')}`,
  tenant: TENANT,
  stream: `${NODE}:boo_${ulid('4')}:${TENANT}`,
  seq: 7,
  prev: 'a'.repeat(64),
  at: '2026-11-20T10:00:00.123Z',
  channel: 'gateway',
  human: { id: `hum_${ulid('5')}`, name: SEALED },
  agent: { id: `agt_${ulid('6')}`, name: 'release agent' },
  delegators: [{ id: `agt_${ulid('7')}`, name: 'planner' }],
  session: `ses_${ulid('8')}`,
  keyThumbprint: 'k'.repeat(43),
  connection: { id: `con_${ulid('9')}`, name: 'files' },
  action: {
    method: 'tools/call',
    tool: 'delete_file',
    class: 'destructive',
    classSource: 'inferred',
    resource: 'files/delete_file',
  },
  outcome: 'deny',
  refusal: 'policy_denied',
  outbound: decision('deny', [MATCH]),
  inbound: null,
  bundle: { version: 12, sha256: 'b'.repeat(64) },
  credential: { connection: `con_${ulid('9')}`, version: 2 },
  request: { sha256: 'd'.repeat(64), sizeBytes: 120, excerpt: SEALED },
  response: null,
  administration: null,
  local: null,
  finding: null,
  trace: { id: '0af7651916cd43dd8448eb211c80319c', span: 'b7ad6b7169203331' },
  durationMicros: 431,
  gateway: { node: NODE, build: '0.1.0' },
} as const

const nothing = {
  human: null,
  agent: null,
  delegators: [],
  session: null,
  keyThumbprint: null,
  connection: null,
  action: null,
  refusal: null,
  outbound: null,
  bundle: null,
  credential: null,
  request: null,
  trace: undefined,
  outcome: 'allow',
}

const administered = (by: unknown, before: unknown) => ({
  ...nothing,
  kind: 'administered',
  administration: {
    permission: 'humans.write',
    route: 'PATCH /api/v1/humans/{id}',
    by: { kind: 'human', id: `hum_${ulid('5')}`, name: by },
    target: `hum_${ulid('E')}`,
    before,
    after: null,
  },
})

const ALLOWED = {
  outcome: 'allow',
  refusal: null,
  outbound: decision('allow'),
  response: { sha256: 'e'.repeat(64), sizeBytes: 10, status: 200 },
}

/** One record of every kind and every ending, by a name for it. */
export const RECORDS: Readonly<Record<string, AuditRecord>> = Object.fromEntries(
  Object.entries({
    denied: {},
    opened: { ...ALLOWED, kind: 'opened', response: null },
    allowed: ALLOWED,
    flagged: { ...ALLOWED, inbound: decision('allow', [{ ...MATCH, effect: 'flag' }]) },
    modified: { ...ALLOWED, outbound: decision('allow', [{ ...MATCH, effect: 'modify' }], true) },
    shadowed: { ...ALLOWED, outbound: decision('allow', [{ ...MATCH, mode: 'shadow' }]) },
    asked: {
      outcome: 'ask',
      refusal: 'approval_required',
      outbound: decision('ask', [{ ...MATCH, effect: 'ask' }]),
    },
    aborted: { outcome: 'abort', outbound: decision('abort', [{ ...MATCH, effect: 'abort' }]) },
    refused: { ...nothing, outcome: 'refused', refusal: 'proof_invalid' },
    failed: { outcome: 'failed', refusal: 'upstream_unreachable', outbound: decision('allow') },
    unknown: { outcome: 'unknown', refusal: null, outbound: null },
    hooked: {
      channel: 'hooks',
      connection: null,
      action: { method: 'hook', tool: null, class: 'exec', classSource: 'default', resource: 'rm -rf /' },
      local: {
        client: 'claude-code',
        moment: 'before',
        conversation: null,
        toolUse: null,
        tool: 'Bash',
        facts: [{ kind: 'credential_read', operand: '/root/.ssh', certainty: 'sure' }],
        hosts: [],
        packages: [],
        more: false,
      },
    },
    administered: administered(SEALED, { name: SEALED }),
    administeredBefore: {
      ...administered('Ada Lovelace', { email: 'ada@example.test' }),
      v: 'writ.record.v1',
    },
    deniedBefore: {
      v: 'writ.record.v1',
      human: { id: `hum_${ulid('5')}`, name: 'Ada Lovelace' },
      request: null,
    },
    found: {
      ...nothing,
      kind: 'found',
      finding: {
        kind: 'effect_without_decision',
        severity: 'high',
        decisions: [`dec_${ulid('3')}`],
        text: 'seen once',
      },
    },
    applied: { ...nothing, kind: 'applied', applied: { replaced: null } },
    streamOpened: { ...nothing, kind: 'stream_opened' },
    streamLost: {
      ...nothing,
      kind: 'stream_lost',
      lost: { stream: DENIED.stream, from: 3, to: 9, arrived: false },
    },
    erasure: {
      ...nothing,
      kind: 'erasure',
      erasure: { subject: `hum_${ulid('5')}`, key: `sub_${ulid('Z')}`, reason: 'request', bundles: 0 },
    },
  }).map(([name, members]) => [name, AuditRecord.parse({ ...DENIED, ...members })]),
)

export const recordOf = (name: string): AuditRecord => {
  const record = RECORDS[name]
  if (record === undefined) throw new TypeError(`there is no record ${name}`)
  return record
}

export function deliveredOf(
  record: AuditRecord,
  leafIndex = 41,
  disclosed: Readonly<Record<string, Json>> = {},
): Delivered {
  const tree: Json = JSON.parse(JSON.stringify(record))
  const bytes = canonical(tree)
  return {
    tenant: TENANT,
    leafIndex,
    ingestedAtMs: Date.parse('2026-11-20T10:00:01.500Z'),
    bytes,
    record,
    shown: withoutPersonal(record, bytes).shown,
    disclosed,
  }
}
