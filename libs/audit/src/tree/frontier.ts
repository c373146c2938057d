import type { Hash, TreeHead } from './hashes.ts'
import { EMPTY_ROOT, nodeHash } from './hashes.ts'
import { foldSubtrees, subtreesOf } from './subtrees.ts'

/**
 * The compact range of the first leaves of a tree: of each perfect subtree that covers them its hash, at most one of each level.
 * It is all that is needed to add leaves and to know the root; it takes memory by the logarithm of the size.
 */
export type Frontier = {
  readonly size: () => number
  /** from the largest subtree to the smallest */
  readonly hashes: () => Hash[]
  readonly root: () => Hash
  readonly head: () => TreeHead
  readonly append: (leaf: Hash) => void
  /** Adds a perfect subtree of 2^level leaves. @throws RangeError where none can stand at this place */
  readonly appendSubtree: (level: number, hash: Hash) => void
}

/** @param hashes as `hashes()` of a frontier of that size. @throws RangeError when their number is another */
export function createFrontier(size = 0, hashes: readonly Hash[] = []): Frontier {
  const parts = subtreesOf({ from: 0, to: size })
  if (parts.length !== hashes.length)
    throw new RangeError(`a tree of ${size} leaves has ${parts.length} parts`)
  const nodes = parts.map(({ level }, at) => ({ level, hash: hashes[at] ?? EMPTY_ROOT }))
  let leaves = size
  const appendSubtree = (level: number, hash: Hash): void => {
    if (leaves % 2 ** level !== 0) throw new RangeError('a subtree stands at a multiple of its size')
    leaves += 2 ** level
    nodes.push({ level, hash })
    mergeLast(nodes)
  }
  const root = (): Hash => (nodes.length === 0 ? EMPTY_ROOT : foldSubtrees(nodes.map((node) => node.hash)))
  return {
    size: () => leaves,
    hashes: () => nodes.map((node) => node.hash),
    root,
    head: () => ({ size: leaves, root: root() }),
    append: (leaf) => appendSubtree(0, leaf),
    appendSubtree,
  }
}

type Node = { readonly level: number; readonly hash: Hash }

/** Two neighbours of one level are one of the next: what stands left of the pair is never of their level. */
function mergeLast(nodes: Node[]): void {
  for (;;) {
    const [left, right] = [nodes.at(-2), nodes.at(-1)]
    if (left === undefined || right === undefined || left.level !== right.level) return
    nodes.splice(-2, 2, { level: left.level + 1, hash: nodeHash(left.hash, right.hash) })
  }
}
