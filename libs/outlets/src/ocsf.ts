import { canonical } from '@writ/audit'
import type { JsonObject } from '@writ/contracts'
import { eventIdOf, sha256Of } from './delivered.ts'
import type { Delivered } from './delivered.ts'
import { JCS, sha256Print } from './ocsf-print.ts'
import { OCSF_ROWS, OCSF_VERSION } from './ocsf-rows.ts'
import { fieldsOf, treeOf } from './row.ts'
import type { Mapping } from './row.ts'
import { wellFormedTree } from './well-formed.ts'

/** API Activity of OCSF with the profiles ai_operation, record_integrity and security_control. */
export const OCSF_MAPPING: Mapping = {
  name: `OCSF ${OCSF_VERSION} API Activity`,
  version: 1,
  rows: OCSF_ROWS,
}

/** The event, with an attestation over all of it but the attestation's own fingerprint. */
export function ocsfEventOf(delivered: Delivered): JsonObject {
  const event = wellFormedTree(treeOf(fieldsOf(OCSF_MAPPING.rows, delivered)))
  const { tenant, leafIndex } = delivered
  const attestation = {
    authority_uid: 'writ',
    chain_uid: `urn:writ:ledger:${tenant}`,
    ...(leafIndex > 0 && { prev_event: { uid: eventIdOf({ tenant, leafIndex: leafIndex - 1 }) } }),
  }
  const value = sha256Of(canonical({ ...event, attestation_list: [attestation] }))
  return { ...event, attestation_list: [{ ...attestation, fingerprint: sha256Print(value, JCS) }] }
}
