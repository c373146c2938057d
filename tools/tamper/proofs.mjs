// Inclusion proofs and leaf hashes that are others, signed by the log or by nobody.
import {
  bytesOfLines,
  canonical,
  hashOf,
  leavesIn,
  linesIn,
  manifestOf,
  pick,
  sealedByAny,
} from './world.mjs'

/** [name, (proof, chance) => proof] */
const PROOF_EDITS = [
  ['in another order', (proof) => ({ ...proof, hashes: proof.hashes.toReversed() })],
  ['a hash less', (proof, chance) => ({ ...proof, hashes: withoutOne(proof.hashes, chance) })],
  ['a hash more', (proof) => ({ ...proof, hashes: [...proof.hashes, '0'.repeat(64)] })],
  ['no hashes', (proof) => ({ ...proof, hashes: [] })],
  ['in capitals', (proof) => ({ ...proof, hashes: proof.hashes.map((hash) => `${hash.slice(1)}F`) })],
  ['a leaf that is text', (proof) => ({ ...proof, leaf: String(proof.leaf) })],
  ['a leaf below 0', (proof) => ({ ...proof, leaf: -1 - proof.leaf })],
  ['a leaf beyond the tree', (proof) => ({ ...proof, leaf: proof.leaf + 10_000 })],
]

const withoutOne = (list, chance) => list.toSpliced(chance(list.length), 1)

/** [name, (hashes, place of the hash of the leaf in bytes, record) => hashes] */
const HASH_EDITS = [
  ['a hash less', (hashes, at) => cut(hashes, at, 32)],
  ['a byte less', (hashes, at) => cut(hashes, at, 1)],
  ['no hash from here on', (hashes, at) => hashes.subarray(0, at)],
  ['a hash of zeros', (hashes, at) => replaced(hashes, at, Buffer.alloc(32))],
  [
    'the hash of the record',
    (hashes, at, record) => replaced(hashes, at, Buffer.from(hashOf(record), 'hex')),
  ],
]

const cut = (bytes, at, length) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
const replaced = (bytes, at, other) =>
  Buffer.concat([bytes.subarray(0, at), other, bytes.subarray(at + other.length)])

export function alteredProof(world, chance) {
  const { members, log } = pick(
    world.packs.filter((one) => one.members.has('proofs.jsonl') || one.members.has('leaf-hashes.bin')),
    chance,
  )
  const edit = members.has('proofs.jsonl') ? proofEdit : hashEdit
  const at = chance(leavesIn(members).length - 1)
  const { name, altered } = edit(members, at, chance)
  return { name, members: sealedByAny(altered, log, chance), leaf: leavesIn(members)[at] }
}

function proofEdit(members, at, chance) {
  const lines = linesIn(members, 'proofs.jsonl')
  const [name, edit] = pick(PROOF_EDITS, chance)
  const proof = canonical(edit(JSON.parse(lines[at]), chance))
  const altered = new Map(members).set('proofs.jsonl', bytesOfLines(lines.with(at, proof)))
  return { name: `proof: ${name}`, altered }
}

function hashEdit(members, at, chance) {
  const place = (leavesIn(members)[at] - manifestOf(members).from) * 32
  const [name, edit] = pick(HASH_EDITS, chance)
  const record = linesIn(members, 'records.jsonl')[at]
  const altered = new Map(members).set('leaf-hashes.bin', edit(members.get('leaf-hashes.bin'), place, record))
  return { name: `leaf hashes: ${name}`, altered }
}
