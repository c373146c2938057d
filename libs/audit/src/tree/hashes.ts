import { hash } from 'node:crypto'

/** A SHA-256 hash: 32 bytes. */
export type Hash = Uint8Array

/** How far a log has come: `root` is the Merkle tree hash of its first `size` leaves. */
export type TreeHead = { readonly size: number; readonly root: Hash }

export const HASH_BYTES = 32

/** Merkle tree hash of no leaves (RFC 6962, 2.1). */
export const EMPTY_ROOT: Hash = sha256(new Uint8Array(0))

/** SHA-256(0x00 || leaf) (RFC 6962, 2.1). A text counts as its UTF-8 bytes. */
export function leafHash(leaf: Uint8Array | string): Hash {
  return sha256(Buffer.concat([LEAF, typeof leaf === 'string' ? Buffer.from(leaf) : leaf]))
}

/** SHA-256(0x01 || left || right) (RFC 6962, 2.1). @throws RangeError for what is no hash: it would shift what is hashed */
export function nodeHash(left: Hash, right: Hash): Hash {
  if (!isHash(left) || !isHash(right)) throw new RangeError('a node has two hashes below it')
  const node = Buffer.allocUnsafe(1 + 2 * HASH_BYTES)
  node[0] = 1
  node.set(left, 1)
  node.set(right, 1 + HASH_BYTES)
  return sha256(node)
}

export const sameHash = (one: Hash, other: Hash): boolean => Buffer.compare(one, other) === 0

export const isHash = (bytes: Uint8Array): boolean => bytes.length === HASH_BYTES

const LEAF = Buffer.of(0)

function sha256(bytes: Uint8Array): Hash {
  return hash('sha256', bytes, 'buffer')
}
