import { canonical } from '@writ/audit'
import type { Json, JsonObject } from '@writ/contracts'
import { eventIdOf, leafHashOf } from './delivered.ts'
import type { Delivered } from './delivered.ts'
import { personNameOf } from './personal.ts'
import { fieldsOf, row } from './row.ts'
import type { Mapping } from './row.ts'
import { wellFormed } from './well-formed.ts'
import { decidingMatchOf, endingOf, sentenceOf, severityOf } from './what-happened.ts'

/** Attributes of a log record; names of OpenTelemetry where it has one, ours elsewhere. */
export const OTLP_MAPPING: Mapping = {
  name: 'OTLP logs',
  version: 1,
  rows: [
    row('log.record.uid', 'tenant/leaf index', eventIdOf),
    row('writ.tenant', 'tenant', ({ tenant }) => tenant),
    row('writ.leaf.index', 'leaf index', ({ leafIndex }) => leafIndex),
    row('writ.leaf.hash', 'SHA-256 of 0x00 and the stored bytes (RFC 6962)', leafHashOf),
    row('writ.decision', 'decisionId', ({ record }) => record.decisionId),
    row('writ.kind', 'kind', ({ record }) => record.kind),
    row('writ.channel', 'channel', ({ record }) => record.channel),
    row('writ.outcome', 'outcome', ({ record }) => record.outcome),
    row('writ.ending', 'outcome, matches, modified', ({ record }) => endingOf(record)),
    row('writ.refusal', 'refusal', ({ record }) => record.refusal),
    row(
      'user.id',
      'human.id; administration.by.id',
      ({ record }) => record.human?.id ?? record.administration?.by.id,
    ),
    row('user.name', 'human.name; administration.by.name: where disclosed', personNameOf),
    row('gen_ai.agent.id', 'agent.id', ({ record }) => record.agent?.id),
    row('gen_ai.agent.name', 'agent.name', ({ record }) => record.agent?.name),
    row('session.id', 'session', ({ record }) => record.session),
    row('mcp.method.name', 'action.method', ({ record }) => record.action?.method),
    row('gen_ai.tool.name', 'action.tool', ({ record }) => record.action?.tool),
    row('writ.action.class', 'action.class', ({ record }) => record.action?.class),
    row(
      'writ.resource',
      'action.resource; administration.target',
      ({ record }) => record.action?.resource ?? record.administration?.target,
    ),
    row('writ.connection', 'connection.name', ({ record }) => record.connection?.name),
    row('writ.policy', 'the deciding rule: policy', ({ record }) => decidingMatchOf(record)?.policy),
    row('writ.policy.rule', 'the deciding rule: rule', ({ record }) => decidingMatchOf(record)?.rule),
    row('writ.bundle.version', 'bundle.version', ({ record }) => record.bundle?.version),
    row('http.response.status_code', 'response.status', ({ record }) => record.response?.status),
    row('writ.node', 'gateway.node', ({ record }) => record.gateway.node),
    row('writ.summary', 'outcome, action, connection, the deciding rule', ({ record }) => sentenceOf(record)),
  ],
}

const EVENT_NAME = 'dev.writ.decision.v1'
/** INFO, INFO2, WARN, ERROR, FATAL of the log data model. */
const SEVERITIES = [
  { number: 9, text: 'INFO' },
  { number: 10, text: 'INFO2' },
  { number: 13, text: 'WARN' },
  { number: 17, text: 'ERROR' },
  { number: 21, text: 'FATAL' },
] as const

/** An `ExportLogsServiceRequest` of OTLP 1 in its JSON form. */
export const otlpRequestOf = (batch: readonly Delivered[]): JsonObject => requestOf(batch.map(logRecordOf))

/** A request with one log record that is about nothing, to try a receiver with. */
export const otlpTestOf = (test: {
  readonly tenant: string
  readonly id: string
  readonly atMs: number
}): JsonObject =>
  requestOf([
    {
      timeUnixNano: nanosOf(test.atMs),
      observedTimeUnixNano: nanosOf(test.atMs),
      severityNumber: 9,
      severityText: 'INFO',
      eventName: 'dev.writ.test.v1',
      body: { stringValue: 'test' },
      attributes: [attribute('log.record.uid', `${test.tenant}/test/${test.id}`)],
    },
  ])

const requestOf = (logRecords: readonly JsonObject[]): JsonObject => ({
  resourceLogs: [
    {
      resource: { attributes: [attribute('service.name', 'writ')] },
      scopeLogs: [{ scope: { name: 'dev.writ.outlet', version: String(OTLP_MAPPING.version) }, logRecords }],
    },
  ],
})

/** The body is the record as it is shown. */
export function logRecordOf(delivered: Delivered): JsonObject {
  const { record, shown, ingestedAtMs } = delivered
  const severity = SEVERITIES[severityOf(record)]
  return {
    timeUnixNano: nanosOf(Date.parse(record.at)),
    observedTimeUnixNano: nanosOf(ingestedAtMs),
    severityNumber: severity.number,
    severityText: severity.text,
    eventName: EVENT_NAME,
    body: { stringValue: canonical(shown) },
    ...(record.trace && { traceId: record.trace.id, spanId: record.trace.span }),
    attributes: [...fieldsOf(OTLP_MAPPING.rows, delivered)].map(([key, value]) => attribute(key, value)),
  }
}

/** 64-bit numbers are texts in the JSON of protobuf. What a node with a wrong clock says may be none: then it is the nearest that there is. */
const nanosOf = (ms: number): string => String(BigInt(Math.min(Math.max(ms, 0), LAST_MS)) * 1_000_000n)

const LAST_MS = Number(2n ** 64n / 1_000_000n)

const attribute = (key: string, value: Json): JsonObject => ({
  key,
  value:
    typeof value === 'number'
      ? { intValue: String(value) }
      : { stringValue: wellFormed(typeof value === 'string' ? value : JSON.stringify(value)) },
})
