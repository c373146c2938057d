import type { AuditRecord, Json } from '@writ/contracts'
import { leafHashOf } from './delivered.ts'
import { row } from './row.ts'
import type { Row } from './row.ts'

const of = (to: string, from: string, value: (record: AuditRecord) => Json | undefined): Row =>
  row(`unmapped.writ.${to}`, from, ({ record }) => value(record))

/** What has no place in OCSF. */
export const UNMAPPED_ROWS: readonly Row[] = [
  row('unmapped.writ.leaf_hash', 'SHA-256 of 0x00 and the stored bytes (RFC 6962)', leafHashOf),
  of('channel', 'channel', ({ channel }) => channel),
  of('stream_seq', 'seq', ({ seq }) => seq),
  of('stream_prev', 'prev', ({ prev }) => prev),
  of('key_thumbprint', 'keyThumbprint', ({ keyThumbprint }) => keyThumbprint),
  of('delegators', 'delegators: ids', ({ delegators }) =>
    delegators.length === 0 ? undefined : delegators.map(({ id }) => id),
  ),
  of('bundle', 'bundle', ({ bundle }) => bundle),
  of('credential', 'credential', ({ credential }) => credential),
  of('request_sha256', 'request.sha256', ({ request }) => request?.sha256),
  of('request_size', 'request.sizeBytes', ({ request }) => request?.sizeBytes),
  of('response_sha256', 'response.sha256', ({ response }) => response?.sha256),
  of('response_size', 'response.sizeBytes', ({ response }) => response?.sizeBytes),
  of('parent', 'parent', ({ parent }) => parent),
  of('trace', 'trace', ({ trace }) => trace),
  of('flags', 'flags', ({ flags }) => flags),
  of('lost', 'lost', ({ lost }) => lost),
  of('duration_micros', 'durationMicros', ({ durationMicros }) => durationMicros),
  of('local', 'local: client, moment, facts', ({ local }) =>
    local === null ? undefined : { client: local.client, moment: local.moment, facts: local.facts },
  ),
]
