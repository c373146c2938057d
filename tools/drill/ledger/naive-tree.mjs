// The tree of RFC 6962 as its definition says it, from the leaves, for an oracle that shares no code with what it judges.
import { createHash } from 'node:crypto'

const hash = (...parts) => {
  const summed = createHash('sha256')
  for (const part of parts) summed.update(part)
  return summed.digest()
}
const LEAF = Buffer.of(0)
const NODE = Buffer.of(1)

/** @returns {Map<number, string>} the root, hex, of the first `size` leaves, for each of these sizes that the leaves reach */
export function rootsAt(leaves, sizes) {
  const wanted = new Set(sizes)
  const roots = new Map()
  /** whole subtrees, the largest first, as many as the size has bits that are set */
  const whole = []
  if (wanted.has(0)) roots.set(0, hash().toString('hex'))
  for (const [at, bytes] of leaves.entries()) {
    whole.push(hash(LEAF, bytes))
    for (let size = at + 1; size % 2 === 0; size /= 2) {
      const right = whole.pop()
      whole.push(hash(NODE, whole.pop(), right))
    }
    if (wanted.has(at + 1)) roots.set(at + 1, rootOf(whole).toString('hex'))
  }
  return roots
}

const rootOf = (whole) => whole.toReversed().reduce((right, left) => hash(NODE, left, right))
