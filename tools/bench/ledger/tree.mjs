// The tree alone, in one process: leaves added, inclusion and consistency proved and verified, in processor time.
import { randomBytes } from 'node:crypto'
import {
  consistencyHolds,
  createFrontier,
  inclusionHolds,
  leafHash,
  openEdge,
  proveConsistency,
  proveInclusion,
  tilePath,
} from '@writ/audit'
import { result } from '../figures.mjs'

const LEAVES = 200_000
const PROOFS = 2_000

/** @returns result rows */
export async function measureTree() {
  const record = randomBytes(1024)
  const edge = openEdge(0, [])
  const frontier = createFrontier()
  const leaves = []
  const appendMicros = cpuOf(() => {
    for (let at = 0; at < LEAVES; at += 1) {
      record.writeUInt32BE(at)
      const leaf = leafHash(record)
      leaves.push(leaf)
      edge.append(leaf)
    }
  })
  const read = tilesOf(edge)
  const head = { size: LEAVES, root: edge.root() }
  const earlier = Math.floor(LEAVES / 3)
  for (const leaf of leaves.slice(0, earlier)) frontier.append(leaf)
  const before = frontier.head()
  const [proveMicros, verifyMicros] = await inclusionMicros({ read, head, leaves })
  const proof = await proveConsistency(read, before.size, head.size)
  if (!consistencyHolds(before, head, proof)) throw new Error('a proof of consistency does not hold')
  return [
    row(
      'append',
      1_000_000 / (appendMicros / LEAVES),
      'leaves/s and core',
      'hash of a record of 1 KiB, and tiles',
    ),
    row(
      'prove',
      1_000_000 / proveMicros,
      'proofs/s and core',
      `inclusion among ${LEAVES} leaves, tiles in memory`,
    ),
    row('verify', 1_000_000 / verifyMicros, 'proofs/s and core', 'the same proofs; each of them holds'),
  ]
}

const row = (what, value, unit, detail) => result({ name: `ledger.tree.${what}`, value, unit, detail })

async function inclusionMicros({ read, head, leaves }) {
  const proofs = []
  const begun = process.cpuUsage()
  for (let at = 0; at < PROOFS; at += 1) {
    const index = (at * 7919) % LEAVES
    proofs.push({ index, hash: leaves[index], proof: await proveInclusion(read, index, LEAVES) })
  }
  const proved = since(begun)
  const verified = cpuOf(() => {
    for (const { proof, ...leaf } of proofs)
      if (!inclusionHolds(leaf, head, proof)) throw new Error('a proof of inclusion does not hold')
  })
  return [proved / PROOFS, verified / PROOFS]
}

function tilesOf(edge) {
  const tiles = new Map(edge.takeTiles().map(({ hashes, ...tile }) => [tilePath(tile), hashes]))
  return async (tile) => tiles.get(tilePath(tile))
}

function cpuOf(work) {
  const begun = process.cpuUsage()
  work()
  return since(begun)
}

function since(begun) {
  const { user, system } = process.cpuUsage(begun)
  return user + system
}
