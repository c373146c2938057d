import type { JsonObject } from '@writ/contracts'

/** How what was hashed was written down: as it stands, or in the form of RFC 8785. */
export const FLAT = { id: 1, caption: 'Flat' }
export const JCS = { id: 2, caption: 'JCS' }

/** The object `fingerprint` of OCSF. */
export const sha256Print = (value: string, serialization: typeof FLAT): JsonObject => ({
  algorithm_id: 3,
  algorithm: 'SHA-256',
  encoding_id: 1,
  encoding: 'Hex',
  serialization_id: serialization.id,
  serialization: serialization.caption,
  value,
})
