import { open, seal, SealBroken } from './aead.ts'

/** The one place where a sealed field opens. A row that was copied to another tenant, row or column stays shut. */
export type FieldPlace = {
  readonly tenant: string
  readonly table: string
  readonly row: string
  readonly column: string
  /** version of the tenant's data key */
  readonly dekVersion: number
}

const FORMAT = 1
const HEAD_BYTES = 5

/**
 * Seals one field: format byte | key version (4 bytes, big endian) | nonce | ciphertext | tag.
 * @param dek the tenant's data key, 32 bytes; replaced before 2^32 fields were sealed under it
 */
export function sealField(dek: Uint8Array, plaintext: Uint8Array, place: FieldPlace): Uint8Array {
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt8(FORMAT, 0)
  head.writeUInt32BE(place.dekVersion, 1)
  return Buffer.concat([head, seal(dek, plaintext, statement(place))])
}

/** Throws `SealBroken` where the field does not belong at this place. */
export function openField(dek: Uint8Array, sealed: Uint8Array, place: FieldPlace): Uint8Array {
  if (dekVersionOf(sealed) !== place.dekVersion) throw new SealBroken()
  return open(dek, sealed.subarray(HEAD_BYTES), statement(place))
}

/** The version of the data key that a field was sealed under. */
export function dekVersionOf(sealed: Uint8Array): number {
  if (sealed.length < HEAD_BYTES || sealed[0] !== FORMAT) throw new SealBroken()
  return Buffer.from(sealed.buffer, sealed.byteOffset, sealed.length).readUInt32BE(1)
}

function statement({ tenant, table, row, column, dekVersion }: FieldPlace): string {
  const names = [tenant, table, row, column]
  if (names.some((name) => name === '' || name.includes('|')))
    throw new RangeError('a field place has four names without "|"')
  return ['v1', ...names, dekVersion].join('|')
}
