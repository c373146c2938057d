// Who alters a pack, and what they have. Each attack gives cases: a pack, what the auditor knows from before, and what must be named.
import { otherOrder } from './blocks.mjs'
import { otherDirectory } from './directory.mjs'
import { spoiledFolder } from './folder.mjs'
import { alteredTile, insider, nodeInsider, resignedHeads, wrongPack } from './history.mjs'
import { otherKey } from './keys.mjs'
import { lineEdit, rowGone } from './lines.mjs'
import { alteredMember, container } from './members.mjs'
import { alteredProof } from './proofs.mjs'
import { RECORD_EDITS, rowsOf, withRows } from './records.mjs'
import { alteredStatement } from './statements.mjs'
import { fixedHashes, manifestOf, nodeKey, pick, sealManifest, trustOf } from './world.mjs'

export const ATTACKS = {
  'records, by anybody': outsiderEdit,
  'records, with fixed hashes': carefulEdit,
  'records, signed by another key': otherKeyEdit,
  "records, signed with the log's key": logKeyEdit,
  'lines of one member': lineEdit,
  'lines of all members but one': rowGone,
  'many lines at once': otherOrder,
  'proofs and leaf hashes': alteredProof,
  'history, with the keys of nodes': nodeInsider,
  'history, with all keys': insider,
  'heads and batches': resignedHeads,
  tiles: alteredTile,
  members: alteredMember,
  statements: alteredStatement,
  'keys of the log': otherKey,
  container,
  'the directory of the zip': otherDirectory,
  folder: spoiledFolder,
  'the wrong pack': wrongPack,
}

/** The rows are others, and nothing else. */
function outsiderEdit(world, chance) {
  const { members } = pick(world.packs, chance)
  const [name, edit] = pick(RECORD_EDITS, chance)
  const { rows, leaf } = edit(rowsOf(members), chance, world)
  return { name, members: withRows(members, rows, { leaves: false }), leaf }
}

/** The rows are others, all that has a line for them too, and the hashes fit again. */
function carefulEdit(world, chance) {
  const { members, log } = pick(world.packs, chance)
  const [name, edit] = pick(RECORD_EDITS, chance)
  const { rows, leaf } = edit(rowsOf(members), chance, world)
  return { name, members: fixedHashes(withRows(members, rows, { leaves: true }), log), leaf }
}

/** The same, signed by a key of the attacker that stands in a trust file of the attacker. */
function otherKeyEdit(world, chance) {
  const { members, log } = pick(world.packs, chance)
  const [name, edit] = pick(RECORD_EDITS, chance)
  const { rows, leaf } = edit(rowsOf(members), chance, world)
  const key = nodeKey(99)
  const trust = { keys: [{ key, until: null }], signers: [key], version: 1 + chance(3) }
  const altered = withRows(members, rows, { leaves: true }).set('trust.json', trustOf(log, trust))
  return {
    name,
    members: sealManifest(altered, manifestOf(members), log, key),
    known: { trust: world.known.trust },
    leaf,
  }
}

/** Who has the key of the log signs the altered pack; the tree is the true one. */
function logKeyEdit(world, chance) {
  const { members, log } = pick(world.packs, chance)
  const [name, edit] = pick(RECORD_EDITS, chance)
  const { rows, leaf } = edit(rowsOf(members), chance, world)
  return {
    name,
    members: sealManifest(withRows(members, rows, { leaves: true }), manifestOf(members), log),
    leaf,
  }
}

/** Those that need no key, and so nothing that a platform keeps to itself. */
export const PLAIN_ATTACKS = [
  outsiderEdit,
  carefulEdit,
  lineEdit,
  rowGone,
  otherOrder,
  alteredProof,
  alteredMember,
  container,
  otherDirectory,
  spoiledFolder,
]
