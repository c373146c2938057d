import { cefOf } from './cef.ts'
import type { Delivered } from './delivered.ts'
import { severityOf } from './what-happened.ts'

/** Facility 13, log audit (RFC 5424 §6.2.1). */
const FACILITY = 13
/** RFC 5424 severities: informational, notice, warning, error, critical. */
const SEVERITIES = [6, 5, 4, 3, 2] as const

/**
 * A record as one syslog message (RFC 5424) whose text is CEF. No byte order mark stands before it: parsers of CEF look for `CEF:0` at the
 * beginning.
 */
export function syslogMessageOf(delivered: Delivered): string {
  const { record } = delivered
  const priority = FACILITY * 8 + SEVERITIES[severityOf(record)]
  return messageOf({
    priority,
    at: record.at,
    host: record.gateway.node,
    kind: record.kind,
    text: cefOf(delivered),
  })
}

/** A message that is about nothing, to try a receiver with. */
export const syslogTestOf = (test: {
  readonly tenant: string
  readonly id: string
  readonly atMs: number
}): string =>
  messageOf({
    priority: FACILITY * 8 + SEVERITIES[0],
    at: new Date(test.atMs).toISOString(),
    host: '-',
    kind: 'test',
    text: `CEF:0|Writ|Writ|-|test|test|0|externalId=${test.tenant}/test/${test.id}`,
  })

type Message = {
  readonly priority: number
  readonly at: string
  readonly host: string
  readonly kind: string
  readonly text: string
}

const messageOf = ({ priority, at, host, kind, text }: Message): string =>
  `<${priority}>1 ${at} ${host} writ - ${kind} - ${text}`

/** A message on a stream: its length in bytes before it (octet counting, RFC 6587 §3.4.1, RFC 5425 §4.3), so no text can end it early. */
export const octetCounted = (message: string): string => `${Buffer.byteLength(message)} ${message}`
