import type { AuditRecord, Json, JsonObject } from '@writ/contracts'
import { eventIdOf, sha256Of } from './delivered.ts'
import { FLAT, sha256Print } from './ocsf-print.ts'
import { UNMAPPED_ROWS } from './ocsf-unmapped.ts'
import { activityOf, controlOf, severityWordOf, statusOf } from './ocsf-words.ts'
import { personNameOf } from './personal.ts'
import { row } from './row.ts'
import type { Row } from './row.ts'
import { decidingMatchOf, sentenceOf } from './what-happened.ts'

/** The version of the schema that the events say they are of. */
export const OCSF_VERSION = '1.9.0-dev'
export const OCSF_CLASS = 6003

/** Of the record only. */
const of = (to: string, from: string, value: (record: AuditRecord) => Json | undefined): Row =>
  row(to, from, ({ record }) => value(record))

const CLASSIFICATION: readonly Row[] = [
  row('category_uid', 'this mapping', () => 6),
  row('category_name', 'this mapping', () => 'Application Activity'),
  row('class_uid', 'this mapping', () => OCSF_CLASS),
  row('class_name', 'this mapping', () => 'API Activity'),
  of('activity_id', 'action.class; the verb of administration.route', (r) => activityOf(r).id),
  of('activity_name', 'the same', (r) => activityOf(r).caption),
  of('type_uid', 'class and activity', (r) => OCSF_CLASS * 100 + activityOf(r).id),
  of('type_name', 'class and activity', (r) => `API Activity: ${activityOf(r).caption}`),
  of('severity_id', 'outcome, matches; finding.severity', (r) => severityWordOf(r).id),
  of('severity', 'the same', (r) => severityWordOf(r).caption),
  of('time', 'at', (r) => Date.parse(r.at)),
  of('message', 'outcome, action, connection, the deciding rule', sentenceOf),
  of('status_id', 'kind, outcome', (r) => statusOf(r).id),
  of('status', 'the same', (r) => statusOf(r).caption),
  of('status_code', 'refusal', (r) => r.refusal),
  of(
    'status_detail',
    'reason of the deciding rule; finding.text',
    (r) => r.finding?.text ?? decidingMatchOf(r)?.reason,
  ),
]

const METADATA: readonly Row[] = [
  row('metadata.version', 'this mapping', () => OCSF_VERSION),
  of('metadata.product', 'gateway.build', (r) => ({
    name: 'Writ',
    vendor_name: 'Writ',
    version: r.gateway.build,
  })),
  row('metadata.profiles', 'this mapping', () => ['ai_operation', 'record_integrity', 'security_control']),
  row('metadata.uid', 'tenant/leaf index', eventIdOf),
  row('metadata.sequence', 'leaf index', ({ leafIndex }) => leafIndex),
  row('metadata.tenant_uid', 'tenant', ({ tenant }) => tenant),
  of('metadata.correlation_uid', 'decisionId', (r) => r.decisionId),
  of('metadata.event_code', 'kind', (r) => r.kind),
  of('metadata.log_name', 'stream', (r) => r.stream),
  of('metadata.log_version', 'v', (r) => r.v),
  of('metadata.original_time', 'at', (r) => r.at),
  row('metadata.logged_time', 'when the ledger took it', ({ ingestedAtMs }) => ingestedAtMs),
  row('raw_data_hash', 'SHA-256 of the stored bytes', ({ bytes }) => sha256Print(sha256Of(bytes), FLAT)),
  row('raw_data_size', 'length of the stored bytes', ({ bytes }) => Buffer.byteLength(bytes)),
]

const WHO: readonly Row[] = [
  of('actor.user.uid', 'human.id; administration.by.id', (r) => r.human?.id ?? r.administration?.by.id),
  row('actor.user.name', 'human.name; administration.by.name: where disclosed', personNameOf),
  of('actor.session.uid', 'session', (r) => r.session),
  of('actor.app_uid', 'gateway.node', (r) => r.gateway.node),
  of('ai_agent.uid', 'agent.id', (r) => r.agent?.id),
  of('ai_agent.name', 'agent.name', (r) => r.agent?.name),
  of('ai_agent.instance_uid', 'session', (r) => (r.agent === null ? undefined : r.session)),
  of('message_context.uid', 'decisionId, where there is a connection', (r) =>
    r.connection === null ? undefined : r.decisionId,
  ),
  of('message_context.ai_role_id', 'this mapping: a tool', (r) => (r.connection === null ? undefined : 3)),
  of('message_context.service', 'connection', (r) => serviceOf(r)),
]

const WHAT: readonly Row[] = [
  of(
    'api.operation',
    'action.method; administration.route; finding.kind',
    (r) => r.action?.method ?? r.administration?.route ?? r.finding?.kind ?? r.kind,
  ),
  of('api.service', 'connection', (r) => serviceOf(r)),
  of('api.request.uid', 'decisionId', (r) => r.decisionId),
  of('api.response.code', 'response.status', (r) => r.response?.status),
  of('api.response.error', 'refusal', (r) => r.refusal),
  of('resources', 'action.resource, tool, class; administration.target', resourcesOf),
  of('src_endpoint.uid', 'agent.id; gateway.node', (r) => r.agent?.id ?? r.gateway.node),
  of('dst_endpoint.uid', 'connection.id', (r) => r.connection?.id),
  of('dst_endpoint.svc_name', 'connection.name', (r) => r.connection?.name),
]

const CONTROL: readonly Row[] = [
  of('action_id', 'outcome, matches, modified', (r) => controlOf(r).action.id),
  of('action', 'the same', (r) => controlOf(r).action.caption),
  of('disposition_id', 'outcome, matches, modified', (r) => controlOf(r).disposition.id),
  of('disposition', 'the same', (r) => controlOf(r).disposition.caption),
  of('is_alert', 'the severity: medium and above', (r) => severityWordOf(r).id >= 4),
  of('policy', 'the deciding rule: policy, policyName, policyVersion, mode', policyOf),
  of('firewall_rule', 'the deciding rule: rule, effect, reason', ruleOf),
]

export const OCSF_ROWS: readonly Row[] = [
  ...CLASSIFICATION,
  ...METADATA,
  ...WHO,
  ...WHAT,
  ...CONTROL,
  ...UNMAPPED_ROWS,
]

const serviceOf = ({ connection }: AuditRecord): JsonObject | undefined =>
  connection === null ? undefined : { uid: connection.id, name: connection.name }

function resourcesOf({ action, administration }: AuditRecord): Json | undefined {
  if (action !== null)
    return [
      {
        uid: action.resource,
        type: action.class,
        role_id: 1,
        ...(action.tool !== null && { name: action.tool }),
      },
    ]
  const target = administration?.target
  return target ? [{ uid: target, type: 'administration', role_id: 1 }] : undefined
}

function policyOf(record: AuditRecord): Json | undefined {
  const match = decidingMatchOf(record)
  return (
    match && {
      uid: match.policy,
      name: match.policyName,
      version: String(match.policyVersion),
      is_applied: match.mode === 'enforce' && match.overriddenBy === null,
    }
  )
}

function ruleOf(record: AuditRecord): Json | undefined {
  const match = decidingMatchOf(record)
  return match && { uid: match.rule, type: match.effect, desc: match.reason }
}
