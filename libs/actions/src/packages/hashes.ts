import { createHash } from 'node:crypto'
import type { PackageEcosystem } from '@writ/contracts'
import { normalName } from './names.ts'

/** The first 64 bits of SHA-256 of `ecosystem/name`, or of `ecosystem/name@version`. */
export function packageHash(ecosystem: PackageEcosystem, name: string, version: string | null): bigint {
  const normal = normalName(ecosystem, name)
  const text = `${ecosystem}/${normal}${version === null ? '' : `@${version}`}`
  return createHash('sha256').update(text).digest().readBigUInt64BE()
}

/** Sorted, without duplicates, 8 bytes each, big-endian. */
export function packHashes(hashes: readonly bigint[]): string {
  const sorted = [...new Set(hashes)].toSorted((left, right) => (left < right ? -1 : left > right ? 1 : 0))
  const bytes = Buffer.alloc(sorted.length * 8)
  for (const [at, hash] of sorted.entries()) bytes.writeBigUInt64BE(hash, at * 8)
  return bytes.toString('base64')
}

export type HashSet = { readonly has: (hash: bigint) => boolean; readonly size: number }

/** Looks up in packed hashes by halving. @throws RangeError where they are not sorted or not whole */
export function openHashes(packed: string): HashSet {
  const bytes = Buffer.from(packed, 'base64')
  const size = bytes.length / 8
  if (!Number.isInteger(size)) throw new RangeError('the hashes of packages are not whole')
  const at = (index: number): bigint => bytes.readBigUInt64BE(index * 8)
  for (let index = 1; index < size; index += 1)
    if (at(index - 1) >= at(index)) throw new RangeError('the hashes of packages are not sorted')
  return { size, has: (hash) => isAmong(hash, at, size) }
}

function isAmong(hash: bigint, at: (index: number) => bigint, size: number): boolean {
  let low = 0
  let high = size
  while (low < high) {
    const middle = (low + high) >>> 1
    if (at(middle) < hash) low = middle + 1
    else high = middle
  }
  return low < size && at(low) === hash
}
