import type { Json } from '@writ/contracts'
import { eventIdOf, leafHashOf } from './delivered.ts'
import type { Delivered } from './delivered.ts'
import { personNameOf } from './personal.ts'
import { fieldsOf, row } from './row.ts'
import type { Mapping, Row } from './row.ts'
import { wellFormed } from './well-formed.ts'
import { decidingMatchOf, endingOf, sentenceOf, severityOf } from './what-happened.ts'

/** The extension of a CEF line; the seven fields of the header are made in `cefOf`. */
export const CEF_MAPPING: Mapping = {
  name: 'CEF:0',
  version: 1,
  rows: [
    row('externalId', 'tenant/leaf index', eventIdOf),
    row('rt', 'at', ({ record }) => Date.parse(record.at)),
    row('cat', 'kind', ({ record }) => record.kind),
    row('act', 'outcome, matches, modified', ({ record }) => endingOf(record)),
    row('outcome', 'outcome', ({ record }) => record.outcome),
    row(
      'reason',
      'refusal; reason of the deciding rule',
      ({ record }) => record.refusal ?? decidingMatchOf(record)?.reason,
    ),
    row('msg', 'outcome, action, connection, the deciding rule', ({ record }) => sentenceOf(record)),
    row(
      'suid',
      'human.id; administration.by.id',
      ({ record }) => record.human?.id ?? record.administration?.by.id,
    ),
    row('suser', 'human.name; administration.by.name: where disclosed', personNameOf),
    row('sourceServiceName', 'agent.id', ({ record }) => record.agent?.id),
    row('destinationServiceName', 'connection.name', ({ record }) => record.connection?.name),
    row(
      'requestMethod',
      'action.method; administration.route',
      ({ record }) => record.action?.method ?? record.administration?.route,
    ),
    row(
      'request',
      'action.resource; administration.target',
      ({ record }) => record.action?.resource ?? record.administration?.target,
    ),
    row('requestContext', 'action.class', ({ record }) => record.action?.class),
    row('deviceExternalId', 'gateway.node', ({ record }) => record.gateway.node),
    ...labelled('cs1', 'tool', 'action.tool', ({ record }) => record.action?.tool),
    ...labelled('cs2', 'rule', 'the deciding rule: policy/rule', ({ record }) => ruleOf(record)),
    ...labelled('cs3', 'session', 'session', ({ record }) => record.session),
    ...labelled('cs4', 'decision', 'decisionId', ({ record }) => record.decisionId),
    ...labelled('cs5', 'leafHash', 'SHA-256 of 0x00 and the stored bytes (RFC 6962)', leafHashOf),
    ...labelled('cs6', 'agentName', 'agent.name', ({ record }) => record.agent?.name),
    ...labelled('cn1', 'leafIndex', 'leaf index', ({ leafIndex }) => leafIndex),
    ...labelled('cn2', 'bundleVersion', 'bundle.version', ({ record }) => record.bundle?.version),
  ],
}

/** A field of one's own has its name beside it, and no name without it. */
function labelled(to: string, label: string, from: string, value: Row['value']): Row[] {
  const isThere: Row['value'] = (delivered) => ((value(delivered) ?? null) === null ? undefined : label)
  return [row(to, from, value), row(`${to}Label`, `\`${label}\``, isThere)]
}

function ruleOf(record: Delivered['record']): string | undefined {
  const match = decidingMatchOf(record)
  return match ? `${match.policy}/${match.rule}` : undefined
}

/** One line of the Common Event Format, without the syslog around it. */
export function cefOf(delivered: Delivered): string {
  const { record } = delivered
  const header = [
    'CEF:0',
    'Writ',
    'Writ',
    record.gateway.build,
    `${record.kind}.${record.refusal ?? record.outcome}`,
    sentenceOf(record),
    String(SEVERITIES[severityOf(record)]),
  ]
  const extension = [...fieldsOf(CEF_MAPPING.rows, delivered)].map(
    ([key, value]) => `${key}=${cefValue(value)}`,
  )
  return `${header.map(cefHeader).join('|')}|${extension.join(' ')}`
}

/** CEF counts from 0 to 10. */
const SEVERITIES = [2, 4, 5, 7, 9] as const
const LONGEST_VALUE = 1023
const LONGEST_OF_HEADER = 512

/**
 * Of the header: a line of its own would end the event, a bar the field. An agent can name a very long tool, and a receiver of syslog that
 * gets a longer message than it takes ends the connection, every time.
 */
export const cefHeader = (text: string): string =>
  printable(cut(text, LONGEST_OF_HEADER).replaceAll(/[\r\n]+/g, ' ')).replaceAll(/[\\|]/g, String.raw`\$&`)

/** Of the extension: an equals sign would begin another field, and a line break is written as two characters. */
export function cefValue(value: Json): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return printable(cut(text, LONGEST_VALUE))
    .replaceAll(/[\\=]/g, String.raw`\$&`)
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('\r', String.raw`\r`)
}

/** Characters that terminals and parsers act upon; line breaks are for the callers. */
const printable = (text: string): string =>
  wellFormed(text).replaceAll(/(?![\n\r])[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')

const cut = (text: string, longest: number): string =>
  text.length > longest ? `${text.slice(0, longest - 1)}…` : text
