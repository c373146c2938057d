// Attackers with keys: who rewrites the log, who signs as a node, who alters a tile; and true packs that are the wrong ones.
import { sign } from 'node:crypto'
import {
  bytesOfLines,
  canonical,
  hashOf,
  leavesIn,
  linesIn,
  logOf,
  makePack,
  manifestOf,
  nodeKey,
  pick,
  sealManifest,
} from './world.mjs'

// ── Who rewrites the whole log ───────────────────────────────────────────────────────────────────────────────────────────────────

const PLAN_EDITS = [
  [
    'a record says something else',
    (bursts, at) =>
      editRecords(bursts, at, (records) => [{ ...records[0], outcome: 'allow' }, ...records.slice(1)]),
  ],
  ['a record is gone', (bursts, at) => editRecords(bursts, at, (records) => records.slice(1))],
  ['a record is added', (bursts, at) => editRecords(bursts, at, (records) => [records[0], ...records])],
  ['records change places', (bursts, at) => bursts.toSpliced(at, 2, bursts[at + 1], bursts[at])],
  ['the last records are gone', (bursts, at) => bursts.slice(0, at)],
]

function editRecords(bursts, at, edit) {
  const records = edit(bursts[at].records)
  return bursts.toSpliced(at, 1, ...(records.length === 0 ? [] : [{ ...bursts[at], records }]))
}

/** Another history, chained, signed by its nodes, with a tree of its own. Altered before what the auditor has seen. */
function forked(world, chance) {
  const { bursts } = world.plan
  const [name, edit] = pick(PLAN_EDITS, chance)
  const seen = world.log.sizes.indexOf(world.older)
  const first = chance(seen - 1)
  // of one stream, or nothing would be another
  const isOther = (at) => name !== 'records change places' || bursts[at].stream !== bursts[at + 1].stream
  const at = Array.from({ length: seen - 1 }, (_, step) => (first + step) % (seen - 1)).find(isOther)
  return { name, log: logOf({ ...world.plan, bursts: edit(bursts, at) }), at: world.log.sizes[at] }
}

/** With all keys, of nodes and log: only what somebody outside has kept can tell. */
export async function insider(world, chance) {
  const { name, log } = forked(world, chance)
  const kind = pick(['range', 'range', 'filter-with-hashes'], chance)
  const known = pick(
    [{ checkpoint: [world.known.older] }, { pack: world.known.previous }, { witness: [world.known.witness] }],
    chance,
  )
  const members = await makePack(log, { kind })
  return {
    name: `${name}; against ${Object.keys(known)[0]}`,
    members,
    known: { ...known, trust: world.known.trust },
    leaf: null,
  }
}

/** With the keys of nodes only: rows, batches and heads are of another history, all else is true. The manifest is re-signed or not. */
export async function nodeInsider(world, chance) {
  const { name, log, at } = forked(world, chance)
  const truth = world.packs[0].members
  const altered = new Map(await makePack(log, { kind: 'range', withWitness: true }))
  for (const member of ['checkpoint.note', 'consistency.json', 'range-proof.json', 'leaf-hashes.bin'])
    altered.set(member, truth.get(member))
  const manifest = { ...manifestOf(altered), treeSize: manifestOf(truth).treeSize, to: manifestOf(truth).to }
  const sealed = sealManifest(altered, manifest, world.log)
  if (chance(2) === 0) sealed.set('manifest.jws', truth.get('manifest.jws'))
  return { name, members: sealed, leaf: { from: at } }
}

/** Heads and batches that somebody else signed, or that go back or fork. */
export const resignedHeads = (world, chance) =>
  pick([resigned, resigned, resigned, forkedBatch], chance)(world, chance)

/** The node signs another end of its last batch than its head says. */
function forkedBatch({ packs }, chance) {
  const { members, log } = packs[0]
  const altered = new Map(members)
  const { stream, head } = pick(JSON.parse(members.get('streams.json')).streams, chance)
  const isLast = (batch) => batch.stream === stream && batch.fromSeq + batch.count === head.nextSeq
  const batches = linesIn(members, 'batches.jsonl').map((line) => JSON.parse(line))
  const last = batches.find(isLast)
  const other = { ...last, headHash: hashOf('another') }
  const key = log.nodes.get(stream.slice(0, stream.indexOf(':')))
  const lines = batches.map((batch) =>
    canonical(batch === last ? { ...other, signature: signed(key, batchText(other)) } : batch),
  )
  altered.set('batches.jsonl', bytesOfLines(lines))
  const leaf = {
    among: leavesWhere(members, (record) => record.stream === stream && record.seq >= last.fromSeq),
  }
  return {
    name: 'a batch ends otherwise than the head',
    members: sealManifest(altered, manifestOf(members), log),
    leaf,
  }
}

function resigned(world, chance) {
  const { members, log } = pick(world.packs, chance)
  const altered = new Map(members)
  const [name, edit] = pick(
    [
      [
        'a head is signed by another key',
        () =>
          editStreams(altered, chance, (head, stream) => ({
            ...head,
            signature: signed(nodeKey(98), headText(stream, head)),
          })),
      ],
      [
        'a head says more than its signature',
        () => editStreams(altered, chance, (head) => ({ ...head, nextSeq: head.nextSeq + 1 })),
      ],
      [
        'a batch is signed by another key',
        () =>
          editBatches(altered, chance, (batch) => ({
            ...batch,
            signature: signed(nodeKey(98), batchText(batch)),
          })),
      ],
      [
        'a batch has another hash',
        () => editBatches(altered, chance, (batch) => ({ ...batch, headHash: hashOf('another') })),
      ],
      ['a batch is gone', () => editBatches(altered, chance, () => null)],
      ['the key of a node is another', () => editNodes(altered)],
    ],
    chance,
  )
  const leaf = edit() ?? null
  return { name, members: sealManifest(altered, manifestOf(members), log), leaf }
}

const signed = (key, text) => sign(null, Buffer.from(text), key).toString('base64url')
const headText = (stream, { nextSeq, headHash, at }) =>
  `writ.head.v1\n${stream}\n${nextSeq}\n${headHash}\n${at}\n`
const batchText = ({ stream, fromSeq, count, headHash }) =>
  `writ.batch.v1\n${stream}\n${fromSeq}\n${count}\n${headHash}\n`

function editStreams(members, chance, edit) {
  const streams = JSON.parse(members.get('streams.json'))
  const entry = pick(streams.streams, chance)
  entry.head = edit(entry.head, entry.stream)
  members.set('streams.json', Buffer.from(canonical(streams)))
  return leavesWhere(members, (record) => record.stream === entry.stream).at(-1)
}

/** The leaf indexes of the records of a pack that are meant. */
function leavesWhere(members, isMeant) {
  const leaves = leavesIn(members)
  return linesIn(members, 'records.jsonl').flatMap((line, at) =>
    isMeant(JSON.parse(line)) ? [leaves[at]] : [],
  )
}

function editNodes(members) {
  const streams = JSON.parse(members.get('streams.json'))
  const { x } = nodeKey(97).export({ format: 'jwk' })
  streams.nodes[0].publicKey = x
  members.set('streams.json', Buffer.from(canonical(streams)))
  const { node } = streams.nodes[0]
  return { among: leavesWhere(members, ({ gateway }) => gateway.node === node) }
}

function editBatches(members, chance, edit) {
  const lines = linesIn(members, 'batches.jsonl')
  const at = chance(lines.length)
  const { stream, fromSeq, count } = JSON.parse(lines[at])
  const edited = edit(JSON.parse(lines[at]))
  members.set(
    'batches.jsonl',
    bytesOfLines(lines.toSpliced(at, 1, ...(edited === null ? [] : [canonical(edited)]))),
  )
  const isHeld = (record) => record.stream === stream && record.seq >= fromSeq && record.seq < fromSeq + count
  return { among: leavesWhere(members, isHeld) }
}

/** The pack was made from a tile that somebody altered: its hashes are not those of the records, or do not lead to the root. */
export async function alteredTile(world, chance) {
  const { wish, log, members } = pick(world.packs, chance)
  if (members.has('leaf-hashes.bin')) {
    const hashes = Buffer.from(members.get('leaf-hashes.bin'))
    const { from } = manifestOf(members)
    const leaf = pick(leavesIn(members), chance)
    hashes[(leaf - from) * 32 + chance(32)] ^= 1 << chance(8)
    const altered = new Map(members).set('leaf-hashes.bin', hashes)
    return { name: 'a leaf hash of a tile', members: sealManifest(altered, manifestOf(members), log), leaf }
  }
  const at = chance(32 * wishedLeaves(members))
  const tiles = async (tile) => {
    const bytes = Buffer.from(await log.tiles(tile))
    if (tile.level === 0) bytes[at % bytes.length] ^= 1 << chance(8)
    return bytes
  }
  const made = await makePack({ ...log, tiles }, wish)
  made.set('checkpoint.note', members.get('checkpoint.note'))
  made.set('consistency.json', members.get('consistency.json'))
  const sealed = sealManifest(made, manifestOf(made), log)
  const isAlike = sameBytes(sealed, members)
  return { name: 'a tile that proofs are made of', members: sealed, leaf: null, isAlike }
}

const wishedLeaves = (members) => manifestOf(members).treeSize
const sameBytes = (one, other) => [...one].every(([name, bytes]) => bytes.equals(other.get(name)))

/** A true pack of the wrong tenant, or of another time. */
export async function wrongPack(world, chance) {
  const [name, members, known] = pick(
    [
      ['the pack of another tenant', world.foreign.members, { trust: world.known.trust }],
      [
        'a pack from before what is known',
        await makePack(world.log, { kind: 'range', treeSize: world.older, to: world.older }),
        { pack: world.known.previous },
      ],
      [
        'a filter that cannot show growth',
        await makePack(world.log, { kind: 'filter' }),
        { checkpoint: [world.known.older] },
      ],
    ],
    chance,
  )
  return { name, members, known, leaf: null }
}
