import type { JsonObject } from '@writ/contracts'
import { eventIdOf, leafHashOf } from './delivered.ts'
import type { Delivered } from './delivered.ts'
import { fieldsOf, row, treeOf } from './row.ts'
import type { Mapping } from './row.ts'

/** Our own form: the record, and where it stands in the ledger. Files and stdout hold one a line; webhooks carry it in an envelope. */
export const RECORD_MAPPING: Mapping = {
  name: 'writ.outlet.record',
  version: 1,
  rows: [
    row('v', 'this mapping', () => 'writ.outlet.record.v1'),
    row('tenant', 'tenant', ({ tenant }) => tenant),
    row('leafIndex', 'leaf index', ({ leafIndex }) => leafIndex),
    row('leafHash', 'SHA-256 of 0x00 and the stored bytes (RFC 6962)', leafHashOf),
    row('ingestedAt', 'when the ledger took it', ({ ingestedAtMs }) => new Date(ingestedAtMs).toISOString()),
    row('record', 'the record, without personal values in clear', ({ shown }) => shown),
    row('disclosed', 'personal values by JSON pointer, where the tenant discloses them', ({ disclosed }) =>
      Object.keys(disclosed).length > 0 ? disclosed : undefined,
    ),
  ],
}

export const recordEventOf = (delivered: Delivered): JsonObject =>
  treeOf(fieldsOf(RECORD_MAPPING.rows, delivered))

/** The envelope of a webhook (CloudEvents 1.0.2, structured mode in JSON). */
export const CLOUD_EVENT_MAPPING: Mapping = {
  name: 'CloudEvents',
  version: 1,
  rows: [
    row('specversion', 'this mapping', () => '1.0'),
    row('id', 'tenant/leaf index', eventIdOf),
    row('source', 'tenant', ({ tenant }) => `urn:writ:tenant:${tenant}`),
    row('type', 'this mapping', () => RECORD_EVENT_TYPE),
    row('subject', 'decisionId', ({ record }) => record.decisionId),
    row('time', 'at', ({ record }) => record.at),
    row('datacontenttype', 'this mapping', () => 'application/json'),
  ],
}

export const RECORD_EVENT_TYPE = 'dev.writ.decision.v1'
export const OCSF_EVENT_TYPE = 'dev.writ.decision.ocsf.v1'
export const TEST_EVENT_TYPE = 'dev.writ.test.v1'

/** @param data what the event carries: our own form of the record, or another mapping's */
export const cloudEventOf = (
  delivered: Delivered,
  data: JsonObject,
  type: string = RECORD_EVENT_TYPE,
): JsonObject => ({ ...treeOf(fieldsOf(CLOUD_EVENT_MAPPING.rows, delivered)), type, data })

/** An event that is about nothing, to try a receiver with. */
export const testEventOf = (test: {
  readonly tenant: string
  readonly id: string
  readonly atMs: number
}): JsonObject => ({
  specversion: '1.0',
  id: `${test.tenant}/test/${test.id}`,
  source: `urn:writ:tenant:${test.tenant}`,
  type: TEST_EVENT_TYPE,
  time: new Date(test.atMs).toISOString(),
  datacontenttype: 'application/json',
  data: { test: test.id },
})
