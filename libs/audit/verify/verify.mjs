#!/usr/bin/env node
// Verifies an auditor's pack of Writ (`writ.pack.v1`): offline, with Node 18 or newer and nothing else, in memory that does not grow with the pack.
//
//   node verify.mjs PACK.zip|FOLDER [--trust FILE] [--checkpoint OLDER.note] [--witness KEY] [--pack PREVIOUS.zip|FOLDER] [--json]
//
// Ends with 0: holds; 1: does not hold; 2: could not run. `--checkpoint` and `--witness` may stand several times. What each check means
// is in docs/pack.md of Writ, in the order in which they stand here. The file reads from top to bottom: each function before what it calls.
// Whoever alters a pack can alter the copy of this file in it: run the copy that you got elsewhere.
//
// oxlint-disable max-lines -- one file, so that who receives a pack can read all of what judges it
// oxlint-disable unicorn/no-array-reverse -- Node 18 has no `toReversed`
import { createHash, createPublicKey, verify as verifyBytes } from 'node:crypto'
import { createReadStream, realpathSync } from 'node:fs'
import { lstat, open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import zlib, { createInflateRaw } from 'node:zlib'

const CHECKS =
  'zip members manifest trust signature checkpoint witness consistency older form tenant leaves leaf inclusion root stream chain node disclosure csv counts'.split(
    ' ',
  )

const ALL_KINDS =
  'manifest.json manifest.jws records.jsonl leaves.txt disclosures.jsonl streams.json batches.jsonl checkpoint.note consistency.json trust.json'.split(
    ' ',
  )
const KINDS = {
  range: { needs: ['range-proof.json'], may: ['leaf-hashes.bin'], proves: 'complete' },
  'filter-with-hashes': {
    needs: ['range-proof.json', 'leaf-hashes.bin'],
    may: [],
    proves: 'inclusion-and-hashes',
  },
  filter: { needs: ['proofs.jsonl'], may: [], proves: 'inclusion' },
}
const OPTIONAL = ['records.csv', 'report.pdf', 'verify.mjs']
const UNSEALED = ['manifest.json', 'manifest.jws']
const NAMES = [...ALL_KINDS, ...OPTIONAL, 'range-proof.json', 'leaf-hashes.bin', 'proofs.jsonl']

const MIB = 1024 * 1024
const LONGEST_LINE = 65_536
/** A member that is by more than this longer than the manifest says is not read: it could be a bomb. */
const SLACK_BYTES = MIB
const DEEPEST = 200
/** Of a longer text that has more of `[`, `{` and `,` nothing is read: as values it would be many times as large. */
const MOST_PARTS = 4 * MIB
/** Streams that the manifest does not name are followed no further than so many. */
const MOST_UNNAMED = 100
const MOST_FAULTS = 100
/** After so many lines that are not of their form no more are read: they can be of a byte each, and billions. */
const MOST_UNREADABLE = 100_000
const MOST_PENDING = 1000
const STREAM_START = '0'.repeat(64)
const NO_BYTES = Buffer.alloc(0)

// ── The program ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export class CannotRun extends Error {}

async function main() {
  try {
    const { file, asJson, ...given } = readArguments()
    const result = await verifyFile(file, given)
    console.log(asJson ? JSON.stringify(result) : textOf(result))
    process.exitCode = result.holds ? 0 : 1
  } catch (error) {
    const isKnown = error instanceof CannotRun || error.syscall !== undefined
    console.error(isKnown ? error.message : error)
    process.exitCode = 2
  }
}

const USAGE =
  'usage: verify.mjs PACK [--trust FILE] [--checkpoint NOTE] [--witness KEY] [--pack PREVIOUS] [--json]'

function readArguments() {
  const several = { type: 'string', multiple: true }
  const one = { type: 'string' }
  const options = { trust: one, pack: one, checkpoint: several, witness: several, json: { type: 'boolean' } }
  const { values, positionals } = orCannotRun(() => parseArgs({ options, allowPositionals: true }), USAGE)
  if (positionals.length !== 1) throw new CannotRun(USAGE)
  return { ...values, file: positionals[0], asJson: values.json === true }
}

/**
 * Verifies a pack with what is known from elsewhere. @param known files: `trust` file, older `checkpoint` notes, previous `pack`; and
 * `witness` keys. @throws CannotRun when one of them, or the pack, cannot be read
 */
export async function verifyFile(file, { trust, checkpoint = [], witness = [], pack } = {}) {
  const older = []
  for (const name of checkpoint) older.push(readOlder(await fileBytes(name), name))
  const before = pack === undefined ? null : await readPrevious(pack)
  return verifyPack(await openSource(file), {
    pinned: trust === undefined ? null : readPinned(await fileBytes(trust), trust),
    witnesses: witness.map(readWitness),
    older: before === null ? older : [...older, before.checkpoint],
    knownNodes: before === null ? new Map() : before.nodes,
  })
}

function orCannotRun(read, what) {
  try {
    return read()
  } catch {
    throw new CannotRun(what)
  }
}

const fileBytes = (name) =>
  readFile(name).catch(() => {
    throw new CannotRun(`cannot read ${name}`)
  })

function readOlder(bytes, name) {
  const checkpoint = readCheckpoint(bytes)
  if (checkpoint === null) throw new CannotRun(`${name} is no checkpoint`)
  return checkpoint
}

function readPinned(bytes, name) {
  const trust = readTrust(bytes)
  if (trust === null) throw new CannotRun(`${name} is no trust file`)
  return trust
}

function readWitness(line) {
  const key = readKeyLine(line)
  if (key === null || key.type !== WITNESS) throw new CannotRun(`${line} is no witness key`)
  return key
}

/** Of an earlier pack: where its log stood, and the node keys that it names. */
async function readPrevious(name) {
  const source = await openSource(name)
  const read = (member, mostBytes) => readWhole(source, member, mostBytes).catch(() => null)
  const checkpoint = readCheckpoint((await read('checkpoint.note', 65_536)) ?? Buffer.of())
  const streams = parseCanonical((await read('streams.json', 64 * MIB)) ?? Buffer.of())
  if (checkpoint === null || !isStreams(streams)) throw new CannotRun(`${name} is no pack`)
  return { checkpoint, nodes: new Map(streams.nodes.map((node) => [node.node, node.publicKey])) }
}

/** The result for people. */
export function textOf(result) {
  const { pack, holds, faults, faultCount } = result
  const lines = [holds ? 'The pack HOLDS.' : `The pack does NOT hold: ${faultCount} fault(s).`]
  for (const { check, member, leaf, stream, seq, message } of faults) {
    const places = [
      leaf === null ? null : `leaf ${leaf}`,
      member,
      stream === null ? null : `${stream}${seq === null ? '' : ` #${seq}`}`,
    ]
    lines.push(`  ${[check, ...places.filter(Boolean), message].join(': ')}`)
  }
  if (pack !== null) lines.push(...statementsOf(result))
  return lines.join('\n')
}

function statementsOf({ pack, rows, proves, trust, unsigned, cosignatures, lost, behind, previous, older }) {
  const proved = {
    complete: `all ${rows} records from leaf ${pack.from} to before leaf ${pack.to}: none missing, added, altered or moved`,
    'inclusion-and-hashes': `${rows} records at their places; the others of ${pack.from} to ${pack.to} are there as hashes, and that they do not match the query is the maker's word`,
    inclusion: `INCLUSION ONLY: ${rows} records at their places; what else there is, is not proved`,
  }
  const keys = trust === 'pinned' ? 'pinned' : 'TRUSTED AS DELIVERED: compare them, or give --trust'
  const witnessed = cosignatures.map(({ name, time }) => `${name} at ${timeOf(time)}`)
  return [
    `  tenant ${shown(pack.tenant)}, log ${shown(pack.origin)} of ${pack.treeSize} leaves, made ${pack.createdAt}`,
    `  proves: ${proved[proves]}`,
    `  keys of the log: ${keys}`,
    `  cosigned by: ${witnessed.join(', ') || 'nobody'}`,
    `  grown from: ${[previous, ...older].filter((size) => size !== null).join(', ') || 'nothing older was given'}`,
    `  records that no signature of a node reaches here: ${unsigned}`,
    ...lost.map(({ stream, from, to }) => `  LOST, as the log says: ${stream} #${from} to before #${to}`),
    ...behind.map(
      ({ stream, last, head }) =>
        `  signed and not here yet: ${stream} after #${last ?? '-'} to before #${head}`,
    ),
  ]
}

/** A text of the pack on one line, and without what a terminal would obey. */
const shown = (text) =>
  text.replaceAll(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)

const LAST_DATE_SECONDS = 8_640_000_000_000
const timeOf = (seconds) =>
  seconds > LAST_DATE_SECONDS ? `second ${seconds}` : new Date(seconds * 1000).toISOString()

// ── The checks, in their order ───────────────────────────────────────────────────────────────────────────────────────────────────

/** @param given { pinned, witnesses, older, knownNodes }: what the verifier knows from elsewhere */
async function verifyPack(source, given) {
  const faults = createFaults()
  for (const { message, member } of source.faults) faults.add('zip', message, { member })
  const manifestBytes = await readSmall(source, 'manifest.json', 16 * MIB, faults)
  const jws = await readSmall(source, 'manifest.jws', 32 * MIB, faults)
  const manifest = manifestBytes === null ? null : parseCanonical(manifestBytes)
  if (manifestBytes !== null && !isManifest(manifest))
    faults.add('manifest', 'the manifest is not of its form', { member: 'manifest.json' })
  if (!isManifest(manifest)) return resultOf(emptyOutcome(given), null, faults)
  const pack = { source, faults, manifest, given, readable: new Set(), unreadable: 0, ...emptyOutcome(given) }
  await checkMembers(pack)
  await checkTrust(pack)
  checkSignature(pack, manifestBytes, jws)
  await checkCheckpoint(pack)
  await checkConsistency(pack)
  await checkStreams(pack)
  await checkRows(pack)
  checkCounts(pack)
  return resultOf(pack, manifest, faults)
}

const emptyOutcome = ({ pinned }) => ({
  trust: pinned === null ? 'delivered' : 'pinned',
  root: null,
  rows: 0,
  unsigned: 0,
  disclosures: 0,
  cosignatures: [],
  previous: null,
  olderSizes: [],
  behind: [],
})

function resultOf(outcome, manifest, faults) {
  const { id, createdAt, tenant, origin, kind, from, to, treeSize, rows } = manifest ?? {}
  const lost = (manifest?.streams ?? []).flatMap(({ stream, lost: ranges }) =>
    ranges.map(([first, end]) => ({ stream, from: first, to: end })),
  )
  return {
    format: 'writ.verification.v1',
    holds: faults.count() === 0,
    pack: manifest && { id, createdAt, tenant, origin, kind, from, to, treeSize, rows },
    proves: manifest && KINDS[kind].proves,
    trust: outcome.trust,
    root: outcome.root && outcome.root.toString('hex'),
    rows: outcome.rows,
    unsigned: outcome.unsigned,
    disclosures: outcome.disclosures,
    cosignatures: outcome.cosignatures,
    previous: outcome.previous,
    older: outcome.olderSizes,
    lost,
    behind: outcome.behind,
    faultCount: faults.count(),
    faults: faults.sorted(),
  }
}

function createFaults() {
  const found = []
  const counts = new Map()
  return {
    add: (check, message, { member = null, leaf = null, stream = null, seq = null } = {}) => {
      const count = (counts.get(check) ?? 0) + 1
      counts.set(check, count)
      if (count <= MOST_FAULTS) found.push({ check, member, leaf, stream, seq, message })
    },
    count: () => [...counts.values()].reduce((sum, count) => sum + count, 0),
    sorted: () => found.sort((one, other) => compareLists(orderOf(one), orderOf(other))),
  }
}

function orderOf({ check, leaf, member, stream, seq, message }) {
  return [CHECKS.indexOf(check), leaf ?? -1, member ?? '', stream ?? '', seq ?? -1, message]
}

function compareLists(one, other) {
  const at = one.findIndex((value, index) => value !== other[index])
  if (at === -1) return 0
  return one[at] < other[at] ? -1 : 1
}

/** Leaves in the pack which members can be read. */
async function checkMembers(pack) {
  const { source, faults, manifest } = pack
  const { needs, may } = KINDS[manifest.kind]
  const needed = [...ALL_KINDS, ...needs]
  const allowed = [...needed, ...may, ...OPTIONAL]
  for (const member of new Set([...source.names, ...Object.keys(manifest.members), ...needed])) {
    const stated = manifest.members[member]
    if (!source.names.includes(member)) faults.add('members', 'the member is missing', { member })
    else if (!allowed.includes(member))
      faults.add('members', 'the member does not belong to this kind', { member })
    else if (stated !== undefined) await checkContent(pack, member, stated)
    else if (!UNSEALED.includes(member))
      faults.add('members', 'the manifest does not name the member', { member })
  }
}

async function checkContent({ source, faults, readable }, member, stated) {
  const sizeBytes = source.sizeOf(member)
  if (sizeBytes !== stated.bytes)
    faults.add('members', 'the member has not the size that the manifest says', { member })
  if (sizeBytes > stated.bytes + SLACK_BYTES) return
  const digest = createHash('sha256')
  let sum = 0
  try {
    for await (const chunk of source.chunks(member)) {
      digest.update(chunk)
      sum = checksum(chunk, sum)
    }
  } catch (error) {
    if (!(error instanceof Broken)) throw error
    faults.add('zip', BROKEN, { member })
    return
  }
  readable.add(member)
  if (!source.hasSum(member, sum)) faults.add('zip', OTHER_SUM, { member })
  if (sizeBytes === stated.bytes && digest.digest('hex') !== stated.sha256)
    faults.add('members', 'the member has not the hash that the manifest says', { member })
}

// ── Keys and signatures ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Leaves `logKeys` and `witnesses` in the pack: what the following checks believe. */
async function checkTrust(pack) {
  const { faults, manifest, given } = pack
  const member = 'trust.json'
  const bytes = await readSealed(pack, member, MIB)
  const trust = readTrust(bytes)
  const fault = (message) => faults.add('trust', message, { member })
  if (bytes !== null && trust === null) fault('the trust file is not of its form')
  if (trust !== null) judgeTrust(trust, manifest, fault)
  const believed = given.pinned === null ? trust : follow(given.pinned, trust, fault)
  pack.logKeys = believed === null ? [] : believed.logKeys
  pack.witnesses = [...(believed === null ? [] : believed.witnesses), ...given.witnesses]
}

function judgeTrust(trust, manifest, fault) {
  if (!isOfLog(trust, manifest)) fault('the trust file is of another log')
  const signers = signersOf(trust, trust.logKeys)
  if (signers.length === 0) fault('no key of the trust file signs it')
  if (signers.includes(null)) fault('a signature of the trust file does not hold')
}

const isOfLog = (one, other) => one.tenant === other.tenant && one.origin === other.origin

/** The trust file to believe, when one is known already. */
function follow(pinned, trust, fault) {
  if (trust === null) return pinned
  if (!isOfLog(trust, pinned)) {
    fault('the trust file is of another log than the pinned one')
    return pinned
  }
  const isNewer = trust.version > pinned.version
  const signers = signersOf(trust, pinned.logKeys).filter(
    (key) => key !== null && !(isNewer && key.until !== null),
  )
  if (signers.length === 0) fault('the trust file is not signed by a key of the pinned one')
  else if (trust.version === pinned.version && trust.statement !== pinned.statement)
    fault('two trust files of one version differ')
  return signers.length > 0 && isNewer ? trust : pinned
}

/** Of each signature by one of the keys the key, or null where the signature does not hold. */
const signersOf = ({ signatures, statement }, keys) =>
  signatures.flatMap(({ kid, signature }) => {
    const key = keys.find((known) => known.id === kid)
    if (key === undefined) return []
    return [isSigned(Buffer.from(statement), fromBase64(signature, 'base64url'), key.publicKey) ? key : null]
  })

function readTrust(bytes) {
  const trust = parseCanonical(bytes)
  if (!isTrust(trust)) return null
  const logKeys = trust.logKeys.map(({ key, until }) => ({ ...readKeyLine(key), until }))
  const witnesses = trust.witnesses.map(readKeyLine)
  const { signatures, ...signed } = trust
  const isSound =
    logKeys.every((key) => key.type === LOG && key.name === trust.origin) &&
    witnesses.every((key) => key.type === WITNESS) &&
    new Set(logKeys.map((key) => key.id)).size === logKeys.length
  return isSound
    ? { ...trust, logKeys, witnesses, signatures, statement: `writ.trust.v1\n${canonical(signed)}` }
    : null
}

function checkSignature(pack, bytes, jws) {
  const message = jws === null ? null : signatureFault(pack, bytes, jws)
  if (message !== null) pack.faults.add('signature', message, { member: 'manifest.jws' })
}

function signatureFault({ manifest, logKeys }, bytes, jws) {
  const parts = jws.toString('latin1').split('.', 4)
  const header = parts.length === 3 ? parseCanonical(fromBase64(parts[0], 'base64url')) : undefined
  if (!isJwsHeader(header)) return 'the signature of the manifest is not of its form'
  const key = logKeys.find((known) => known.id === header.kid)
  if (key === undefined) return 'the manifest is not signed by a known key'
  const signed = Buffer.from(`${parts[0]}.${parts[1]}`, 'latin1')
  const isWhole = parts[1] === bytes.toString('base64url')
  if (!isWhole || !isSigned(signed, fromBase64(parts[2], 'base64url'), key.publicKey))
    return 'the signature of the manifest does not hold'
  return key.until !== null && manifest.createdAt > key.until
    ? 'the key was retired before the manifest was made'
    : null
}

async function checkCheckpoint(pack) {
  const { faults, manifest } = pack
  const member = 'checkpoint.note'
  const bytes = await readSealed(pack, member, 65_536)
  const checkpoint = bytes === null ? null : readCheckpoint(bytes)
  if (bytes !== null && checkpoint === null)
    faults.add('checkpoint', 'the checkpoint is not of its form', { member })
  pack.checkpoint = checkpoint
  if (checkpoint !== null) {
    pack.root = checkpoint.root
    if (checkpoint.size !== manifest.treeSize)
      faults.add('checkpoint', 'the checkpoint is of another size than the manifest says', { member })
    checkLogSignature(pack, checkpoint, ['checkpoint', 'the checkpoint', member])
  }
  checkWitnesses(pack, checkpoint, member)
}

/** Origin and signature of a checkpoint, whichever it is. */
function checkLogSignature({ faults, manifest, logKeys }, checkpoint, [check, what, member]) {
  if (checkpoint.origin !== manifest.origin) faults.add(check, `${what} is of another log`, { member })
  const verdicts = logKeys.flatMap((key) =>
    linesOf(checkpoint, key).map((line) => isSigned(Buffer.from(checkpoint.text), line, key.publicKey)),
  )
  if (verdicts.includes(false)) faults.add(check, `a signature on ${what} does not hold`, { member })
  else if (verdicts.length === 0) faults.add(check, `${what} is not signed by a known key`, { member })
}

/** The signatures on a note that claim to be of a key. */
const linesOf = ({ lines }, { name, id }) =>
  lines
    .filter((line) => line.name === name && line.bytes.subarray(0, 4).toString('hex') === id)
    .map((line) => line.bytes.subarray(4))

function checkWitnesses(pack, checkpoint, member) {
  const { faults, witnesses, given, cosignatures } = pack
  const known = new Map(witnesses.map((key) => [`${key.name}+${key.id}`, key]))
  const cosigned = new Set()
  for (const [name, key] of checkpoint === null ? [] : known)
    for (const line of linesOf(checkpoint, key)) {
      const time = cosignatureTime(checkpoint, line, key)
      if (time === null) faults.add('witness', 'a cosignature does not hold', { member })
      else cosignatures.push({ name: key.name, time })
      if (time !== null) cosigned.add(name)
    }
  for (const { name, id } of given.witnesses)
    if (!cosigned.has(`${name}+${id}`))
      faults.add('witness', 'a witness that was asked for did not cosign', { member })
  cosignatures.sort((one, other) => compareLists([one.name, one.time], [other.name, other.time]))
}

/** When a witness cosigned (C2SP tlog-cosignature), in seconds; null when it did not. */
function cosignatureTime(checkpoint, line, key) {
  if (line.length !== 72) return null
  const time = Number(line.readBigUInt64BE(0))
  const statement = Buffer.from(`cosignature/v1\ntime ${time}\n${checkpoint.text}`)
  return Number.isSafeInteger(time) && isSigned(statement, line.subarray(8), key.publicKey) ? time : null
}

// ── Growth ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

async function checkConsistency(pack) {
  const member = 'consistency.json'
  const bytes = await readSealed(pack, member, 65_536)
  const proof = parseCanonical(bytes)
  const fault = (message) => pack.faults.add('consistency', message, { member })
  let from = null
  if (isConsistency(proof)) from = openConsistency(pack, proof, fault)
  else if (bytes !== null) fault('the proof is not of its form')
  if (from !== null) checkLogSignature(pack, from, ['consistency', 'the checkpoint before', member])
  pack.previous = from && from.size
  pack.wanted = new Map()
  for (const older of pack.given.older) checkOlder(pack, older, from)
}

/** The checkpoint of the pack before; null for the first pack, and for what is no checkpoint. */
function openConsistency({ manifest, root }, proof, fault) {
  const from = proof.from === null ? null : readCheckpoint(Buffer.from(proof.from))
  if (proof.from !== null && from === null) fault('the checkpoint before is not of its form')
  if (proof.from === null && proof.hashes.length > 0) fault('the proof is not of its form')
  const hashes = proof.hashes.map((hex) => Buffer.from(hex, 'hex'))
  if (
    from !== null &&
    (root === null || !isConsistent([from.size, from.root], [manifest.treeSize, root], hashes))
  )
    fault('the log does not grow from the checkpoint before')
  return from
}

/** One that was given from elsewhere. What only the rows can show is handed on in `wanted`, by size. */
function checkOlder(pack, older, from) {
  const { faults, manifest, wanted, olderSizes, root } = pack
  olderSizes.push(older.size)
  checkLogSignature(pack, older, ['older', 'the older checkpoint', null])
  if (older.size > manifest.treeSize)
    faults.add('older', 'the older checkpoint is of a larger log than the pack')
  else if (older.size === manifest.treeSize) compareRoots(pack, older.root, root)
  else if (from !== null && older.size === from.size) compareRoots(pack, older.root, from.root)
  else if (isInRange(manifest, older.size))
    wanted.set(older.size, [...(wanted.get(older.size) ?? []), older.root])
  else if (older.size > 0 || !older.root.equals(hashOf())) faults.add('older', CANNOT_SHOW)
}

const CANNOT_SHOW = 'the pack cannot show that the log grows from the older checkpoint'
const isInRange = ({ kind, from, to }, size) => kind !== 'filter' && size >= from && size <= to

function compareRoots({ faults }, older, found) {
  if (found === null || !older.equals(found))
    faults.add('older', 'the log does not grow from the older checkpoint')
}

// ── Streams: keys of nodes, signed heads and batches ─────────────────────────────────────────────────────────────────────────────

/** Leaves `streams` in the pack: of each stream what its node signed, and where the rows have come. */
async function checkStreams(pack) {
  const { faults, manifest } = pack
  const member = 'streams.json'
  const bytes = await readSealed(pack, member, 64 * MIB)
  const read = parseCanonical(bytes)
  const isSound = isStreams(read)
  const fault = (message) => faults.add('node', message, { member })
  if (bytes !== null && !isSound) fault('the member is not of its form')
  pack.streams = new Map(manifest.streams.map(({ stream, lost }) => [stream, newStream(stream, lost)]))
  pack.nodes = new Map(isSound ? read.nodes.map(({ node, publicKey }) => [node, publicKeyOf(publicKey)]) : [])
  if (isSound) takeStreams(pack, read, fault)
  await checkBatches(pack, isSound)
}

function takeStreams(pack, { nodes, streams }, fault) {
  const { manifest, given } = pack
  const named = manifest.streams.map(({ stream }) => stream)
  if (!isSame(namesOf(streams, 'stream'), named)) fault('the streams are not those of the manifest')
  if (!isSame(namesOf(nodes, 'node'), [...new Set(named.map(nodeOf))]))
    fault('the nodes are not those of the streams')
  for (const { node, publicKey } of nodes)
    if ((given.knownNodes.get(node) ?? publicKey) !== publicKey)
      fault('a node has another key than in the previous pack')
  for (const { stream, head } of streams) if (head !== null) takeHead(pack, stream, head)
}

const namesOf = (list, name) => list.map((one) => one[name])

const isSame = (one, other) => one.length === other.length && one.every((value, at) => value === other[at])
const nodeOf = (stream) => stream.slice(0, stream.indexOf(':'))

const newStream = (stream, lost) => ({
  stream,
  lost,
  head: null,
  isHeadUnsigned: false,
  /** where signed batches lie, from and end in turn, sorted by from */
  ranges: [],
  /** record hashes that the node signed, by sequence number */
  signed: new Hashes(),
  nextRange: 0,
  nextLost: 0,
  covered: 0,
  first: null,
  last: null,
  rows: 0,
  /** rows that no signed hash has followed yet */
  pending: [],
  /** the row before them */
  tail: null,
})

function takeHead(pack, stream, head) {
  const { at, headHash, nextSeq, signature } = head
  const state = pack.streams.get(stream)
  const statement = `writ.head.v1\n${stream}\n${nextSeq}\n${headHash}\n${at}\n`
  if (!isSignedByNode(pack, stream, [statement, signature])) {
    pack.faults.add('node', 'a stream head is not signed by its node', {
      member: 'streams.json',
      stream,
      seq: nextSeq,
    })
    if (state !== undefined) state.isHeadUnsigned = true
  } else if (state !== undefined) {
    state.head = nextSeq
    if (nextSeq > 0) state.signed.others.set(nextSeq - 1, headHash)
  }
}

/** Hashes by sequence number: of tiny batches there is one for each record, so those that ascend, as all do in a true pack, take 40 bytes each. */
class Hashes {
  seqs = []
  bytes = NO_BYTES
  others = new Map()

  get(seq) {
    const place = this.placeOf(seq)
    return place === null ? this.others.get(seq) : this.bytes.toString('hex', place, place + 32)
  }

  add(seq, hash) {
    const { seqs, others } = this
    if (seqs.length > 0 && seq <= seqs.at(-1)) others.set(seq, hash)
    else {
      const place = seqs.push(seq) * 32 - 32
      if (place === this.bytes.length) this.bytes = Buffer.concat([this.bytes, Buffer.alloc(place || 256)])
      this.bytes.write(hash, place, 'hex')
    }
  }

  placeOf(seq) {
    let [from, to] = [0, this.seqs.length]
    while (from < to) {
      const middle = (from + to) >> 1
      if (this.seqs[middle] < seq) from = middle + 1
      else to = middle
    }
    return this.seqs[from] === seq ? from * 32 : null
  }
}

/** Whether it is what the node signed besides. */
function takeSigned({ faults }, { stream, signed }, [seq, sha256]) {
  const known = signed.get(seq)
  if (known === undefined) signed.add(seq, sha256)
  const agrees = known === undefined || known === sha256
  if (!agrees) faults.add('node', 'a node signed two histories of a stream', { stream, seq })
  return agrees
}

function isSignedByNode({ nodes }, stream, [statement, signature]) {
  const key = nodes.get(nodeOf(stream))
  return key !== undefined && isSigned(Buffer.from(statement), fromBase64(signature, 'base64url'), key)
}

async function checkBatches(pack, isKnown) {
  const { faults } = pack
  const member = 'batches.jsonl'
  const nextLine = readLines(pack, member)
  let before = null
  for (let line = await nextLine(); line !== null; line = await nextLine()) {
    const batch = parseCanonical(line)
    if (isBatch(batch)) {
      const place = [batch.stream, batch.fromSeq, batch.count]
      if (before !== null && compareLists(before, place) !== -1)
        faults.add('node', 'the batches are not sorted', { member })
      before = place
      if (isKnown) takeBatch(pack, batch, member)
    } else {
      pack.unreadable += 1
      faults.add('node', 'a line is not of its form', { member })
    }
  }
}

function takeBatch(pack, { stream, fromSeq, count, headHash, signature }, member) {
  const { faults, streams } = pack
  const place = { member, stream, seq: fromSeq }
  const state = streams.get(stream)
  const statement = `writ.batch.v1\n${stream}\n${fromSeq}\n${count}\n${headHash}\n`
  if (state === undefined) faults.add('node', 'a batch is of a stream that the manifest does not name', place)
  else if (isSignedByNode(pack, stream, [statement, signature])) {
    if (takeSigned(pack, state, [fromSeq + count - 1, headHash])) cover(state, fromSeq, fromSeq + count)
  } else faults.add('node', 'a batch is not signed by its node', place)
}

/** Batches that touch are one range. They may overlap: a node sends again what it saw no confirmation of. */
function cover({ ranges }, from, end) {
  const [lastFrom, lastEnd] = ranges.slice(-2)
  if (lastFrom <= from && from <= lastEnd) ranges[ranges.length - 1] = Math.max(lastEnd, end)
  else ranges.push(from, end)
}

// ── Rows: one pass over all that has a line for each record ──────────────────────────────────────────────────────────────────────

async function checkRows(pack) {
  const nextRecord = readLines(pack, 'records.jsonl')
  const leaves = readLeaves(pack)
  const tree = pack.manifest.kind === 'filter' ? openProofs(pack) : await openRange(pack)
  const disclosures = readDisclosures(pack)
  const csv = await openCsv(pack)
  /** whether a record names it, of each bundle of the manifest */
  pack.bundles = new Map(pack.manifest.bundles.map((bundle) => [bundleKey(bundle), false]))
  pack.hasOtherBundle = false
  pack.makers = new Map()
  for (let line = await nextRecord(); line !== null; line = await nextRecord()) {
    const leaf = await leaves.next(pack.rows)
    pack.rows += 1
    await tree.add(leaf, hashOf(LEAF, line))
    const record = parseCanonical(line)
    if (isRecord(record)) takeRecord(pack, record, { leaf, sha256: hashOf(line).toString('hex') })
    else {
      pack.unreadable += 1
      pack.faults.add('form', 'the record is not of its form', { member: 'records.jsonl', leaf })
    }
    const disclosed = await disclosures.next(leaf, record)
    await csv.next(leaf, record, disclosed)
  }
  for (const { end } of [leaves, tree, disclosures, csv]) await end(pack.rows)
  for (const state of pack.streams.values()) {
    settle(pack, state)
    if (state.isHeadUnsigned && state.tail !== null)
      pack.faults.add(
        'node',
        'the head of the stream that ends here is not signed by its node',
        state.tail.place,
      )
  }
}

function takeRecord(pack, record, { leaf, sha256 }) {
  const { faults, manifest } = pack
  const { tenant, stream, seq, prev, gateway, bundle } = record
  const place = { member: 'records.jsonl', leaf, stream, seq }
  if (isBundle(bundle)) takeBundle(pack, bundleKey(bundle))
  if (tenant !== manifest.tenant) faults.add('tenant', 'the record is of another tenant', place)
  else if (!stream.endsWith(`:${tenant}`) || nodeOf(stream) !== gateway.node)
    faults.add('tenant', 'the stream is not of the tenant and the node of the record', place)
  else {
    const state = stateOf(pack, { stream, place })
    if (state === null) return
    checkMaker(pack, record, place)
    takeRow(pack, state, { leaf, stream, seq, prev, sha256, place })
  }
}

const bundleKey = ({ version, sha256 }) => `${version}:${sha256}`

function takeBundle(pack, key) {
  if (pack.bundles.has(key)) pack.bundles.set(key, true)
  else pack.hasOtherBundle = true
}

/** Enforcement points tell of calls and the platform of administration: one key that says both is in hands that it was not given to. */
function checkMaker({ faults, makers }, record, place) {
  const maker = makerOf(record)
  if (maker === null) return
  const node = record.gateway.node
  const known = makers.get(node) ?? maker
  makers.set(node, known)
  if (maker === 'both' || maker !== known)
    faults.add('node', 'a node says what points say and what the platform says', place)
}

/** Who makes such a record: `point`, `platform`, or nobody (`both`); null where either does, or the kind is not known here. */
function makerOf(record) {
  const { kind, outcome } = record
  const isOfPoint = OF_POINTS.has(kind) || (kind === 'closed' && outcome !== 'unknown')
  const isOfPlatform =
    OF_PLATFORM.has(kind) || MEMBERS_OF_PLATFORM.some((name) => (record[name] ?? null) !== null)
  if (isOfPoint && isOfPlatform) return 'both'
  if (isOfPoint) return 'point'
  return isOfPlatform ? 'platform' : null
}

const OF_POINTS = new Set(['opened', 'applied', 'stream_opened', 'stream_closed', 'gap'])
const OF_PLATFORM = new Set(['administered', 'found', 'stream_lost', 'erasure'])
const MEMBERS_OF_PLATFORM = ['administration', 'finding', 'lost', 'erasure']

/** Leaf indexes, one for each record. In a range they are known, so that a record is named also where `leaves.txt` is altered. */
function readLeaves(pack) {
  const { faults, manifest } = pack
  const { from, to } = manifest
  const isRange = manifest.kind === 'range'
  const member = 'leaves.txt'
  const nextLine = readLines(pack, member)
  const once = onceEach(faults, 'leaves', member)
  let before = from - 1
  let isBroken = false
  /** behind which a record stands of which no leaf index is known */
  const last = () => (before < from ? null : before)
  const fault = (message, ...named) => {
    for (const leaf of named) faults.add('leaves', message, { member, leaf })
    isBroken = true
  }
  /** Where the order breaks both are named: the index, and the one that it is in the place of or behind. */
  const judgeNext = (stated, expected) => {
    if (stated === expected) isBroken = false
    else
      fault('the leaf index is not the next one', expected, ...(isBroken || stated === null ? [] : [stated]))
  }
  const judgeOrder = (stated) => {
    const also = stated > before || before < from ? [] : [before]
    if (stated !== null && stated > before && stated < to) isBroken = false
    else fault('the leaf indexes do not ascend within the range', stated, ...also)
  }
  const judge = (stated, expected) => {
    if (isRange) judgeNext(stated, expected)
    else judgeOrder(stated)
    before = stated ?? before
  }
  return {
    next: async (row) => {
      const line = await nextLine()
      const stated = line === null ? null : readCount(line.toString('latin1'))
      const expected = from + row < to ? from + row : null
      const placed = isRange ? from + row : last()
      if (line === null) once('there are fewer leaf indexes than records', placed)
      else judge(stated, expected)
      if (isRange && expected === null) once('there are more records than the range has leaves', placed)
      return isRange ? expected : stated
    },
    end: async (rows) => {
      const line = await nextLine()
      const [left, missing] = [line === null ? null : readCount(line.toString('latin1')), from + rows]
      if (line !== null)
        faults.add('leaves', 'there are more leaf indexes than records', { member, leaf: left })
      if (isRange && missing < to)
        faults.add('leaves', 'there are fewer records than the range has leaves', { member, leaf: missing })
    },
  }
}

function onceEach(faults, check, member) {
  const said = new Set()
  return (message, leaf) => {
    if (!said.has(message)) faults.add(check, message, { member, leaf })
    said.add(message)
  }
}

/** A line that so many records did not find to be theirs is named too: it may stand far too early, and then few of them are listed. */
const LONG_WAIT = 2
const NO_PROOF = { leaf: null, hashes: null }

/** Below 0 before the row of a leaf, above it behind; 0 where one of them says no leaf. */
const placeOf = (proof, leaf) => (proof.leaf === null || leaf === null ? 0 : proof.leaf - leaf)

/** Up to the root by a proof for each row. Both ascend, so that a proof before its row is of a record that is gone, and one behind it waits. */
function openProofs(pack) {
  const { faults } = pack
  const member = 'proofs.jsonl'
  const nextLine = readLines(pack, member)
  let waiting = null
  let waits = 0
  let before = 0
  const fetchNext = async () => {
    const line = await nextLine()
    if (line === null) return null
    const proof = parseCanonical(line)
    if (!isProof(proof)) {
      pack.unreadable += 1
      return NO_PROOF
    }
    if (proof.leaf < before) faults.add('inclusion', 'the proofs are not sorted', { member, leaf: before })
    before = proof.leaf
    return proof
  }
  const stray = ({ leaf }) => {
    const message = leaf === null ? 'the proof is not of its form' : 'the proof is of no record here'
    faults.add('inclusion', message, { member, leaf })
  }
  /** The line of a row; null where there is none. */
  const takeFor = async (leaf) => {
    let proof = waiting ?? (await fetchNext())
    for (; proof !== null && placeOf(proof, leaf) < 0; proof = await fetchNext()) stray(proof)
    const isLater = proof !== null && placeOf(proof, leaf) > 0
    waiting = isLater ? proof : null
    waits = isLater ? waits + 1 : 0
    if (waits === LONG_WAIT)
      faults.add('inclusion', 'the proofs go on only with this record', { member, leaf: proof.leaf })
    return isLater ? null : proof
  }
  return {
    add: async (leaf, hash) => {
      const proof = await takeFor(leaf)
      const message = faultOfProof(pack, proof, { leaf, hash })
      if (message !== null) faults.add('inclusion', message, { member, leaf: leaf ?? proof?.leaf ?? null })
    },
    end: async () => {
      for (let proof = waiting ?? (await fetchNext()); proof !== null; proof = await fetchNext()) stray(proof)
    },
  }
}

function faultOfProof({ manifest, root }, proof, { leaf, hash }) {
  if (proof === null) return 'there is no proof of the record'
  if (proof === NO_PROOF) return 'the proof is not of its form'
  if (leaf === null) return 'the record of the proof has no leaf index'
  const found = rootByInclusion([leaf, manifest.treeSize], hash, proof.hashes)
  return found !== null && root !== null && found.equals(root) ? null : 'the proof does not lead to the root'
}

/** The root from all leaf hashes of the range: of the rows, or of `leaf-hashes.bin`, where each row must then be the one at its place. */
async function openRange(pack) {
  const { faults, manifest, readable } = pack
  const { from, to } = manifest
  const proof = await readBorders(pack)
  const tree = proof && createFrontier(from, proof.left)
  const member = 'leaf-hashes.bin'
  const hashes = readable.has(member) ? readBytes(pack, member) : null
  let at = from
  let isShort = false
  const take = (hash) => {
    checkWanted(pack, at, tree)
    if (tree !== null) tree.add(0, hash)
    at += 1
  }
  /** Takes the hashes before a leaf and its own, which it returns; null where they end before it. */
  const takeTo = async (leaf) => {
    let hash = null
    for (let missing = leaf - at + 1; missing > 0 && !isShort; missing -= 1) {
      hash = await hashes.take(32)
      isShort = hash.length < 32
      if (!isShort) take(hash)
    }
    return isShort ? null : hash
  }
  return {
    add: async (leaf, hash) => {
      if (leaf === null || leaf < at || leaf >= to) return
      if (hashes === null) return take(hash)
      const stated = await takeTo(leaf)
      if (stated !== null && !stated.equals(hash))
        faults.add('leaf', 'the record is not the one that the tree holds', { member: 'records.jsonl', leaf })
    },
    end: async () => {
      if (hashes !== null) await takeTo(to - 1)
      if (isShort || (hashes !== null && (await hashes.take(1)).length > 0))
        faults.add('root', 'there is not one hash for each leaf of the range', {
          member,
          leaf: isShort ? at : null,
        })
      checkWanted(pack, at, tree)
      closeRange(pack, proof, at === to ? tree : null)
    },
  }
}

/** Null where the borders are not those of the range. */
async function readBorders(pack) {
  const { faults, manifest } = pack
  const { from, to, treeSize } = manifest
  const member = 'range-proof.json'
  const bytes = await readSealed(pack, member, 65_536)
  const proof = parseCanonical(bytes)
  if (isRangeProof(proof)) {
    const [left, right] = [levelsOf(0, from), levelsOf(to, treeSize)]
    if (left.length === proof.left.length && right.length === proof.right.length) return proof
    faults.add('root', 'the borders are not those of the range', { member })
  } else if (bytes !== null) faults.add('root', 'the borders are not of their form', { member })
  return null
}

function closeRange({ faults, manifest, root, wanted }, proof, tree) {
  const { to, treeSize } = manifest
  if (tree !== null)
    for (const [at, level] of levelsOf(to, treeSize).entries())
      tree.add(level, Buffer.from(proof.right[at], 'hex'))
  if (proof !== null && (tree === null || root === null || !tree.root().equals(root)))
    faults.add('root', 'the records of the range do not lead to the root', { member: 'records.jsonl' })
  if (wanted.size > 0) faults.add('older', CANNOT_SHOW)
}

/** Compares the root of the leaves so far with an older checkpoint of that size. */
function checkWanted(pack, size, tree) {
  const roots = pack.wanted.get(size)
  if (roots === undefined || tree === null) return
  pack.wanted.delete(size)
  for (const root of roots) compareRoots(pack, root, tree.root())
}

// ── Streams: order, gaps, and the chain ──────────────────────────────────────────────────────────────────────────────────────────

function takeRow(pack, state, row) {
  if (state.last !== null && row.seq <= state.last)
    pack.faults.add('stream', 'the sequence numbers of the stream do not ascend', row.place)
  else followRow(pack, state, row)
}

function followRow(pack, state, row) {
  const { faults } = pack
  const { seq, prev, place } = row
  checkGap(pack, state, row)
  if ((seq === 0) !== (prev === STREAM_START))
    faults.add('chain', 'the record does not begin its stream', place)
  if (state.last !== null && seq !== state.last + 1) settle(pack, state)
  state.pending.push(row)
  if (state.signed.get(seq) !== undefined || state.pending.length >= MOST_PENDING) settle(pack, state)
  if (!isCovered(state, seq)) faults.add('node', 'no signed batch holds the record', place)
  state.first ??= seq
  state.last = seq
  state.rows += 1
}

/** Null where the manifest does not name the stream, and too many such are followed already. */
function stateOf({ faults, manifest, streams }, { stream, place }) {
  if (!streams.has(stream)) {
    faults.add('stream', 'the manifest does not name the stream of the record', place)
    if (streams.size - manifest.streams.length >= MOST_UNNAMED) return null
    streams.set(stream, newStream(stream, []))
  }
  return streams.get(stream)
}

function checkGap({ faults, manifest }, state, { seq, place }) {
  const [from, to] = lostFrom(state, seq)
  if (seq >= from && seq < to) faults.add('stream', 'the manifest says that this record is lost', place)
  if (manifest.kind !== 'range' || (state.last === null && manifest.from > 0)) return
  const wanted = state.last === null ? 0 : state.last + 1
  if (seq !== wanted && from > wanted)
    faults.add('stream', 'records of the stream are missing before this one', place)
}

const NOTHING_LOST = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]

/** The first lost range that does not end before a row. Rows ascend and so do the ranges, which lie apart: no other can matter. */
function lostFrom(state, seq) {
  const { lost } = state
  while (state.nextLost < lost.length && lost[state.nextLost][1] < seq) state.nextLost += 1
  return lost[state.nextLost] ?? NOTHING_LOST
}

function isCovered(state, seq) {
  const { ranges } = state
  for (; ranges[state.nextRange] <= seq; state.nextRange += 2)
    state.covered = Math.max(state.covered, ranges[state.nextRange + 1])
  return seq < state.covered
}

/**
 * Walks consecutive rows backwards: a signed hash proves one record, and a proven record proves the one before it by naming its hash. So a
 * break is blamed on the record that was changed, and not on the one that notices it.
 */
function settle(pack, state) {
  let next = null
  for (const row of [...state.pending].reverse()) {
    judgeRow(pack, state, [row, next])
    next = row
  }
  const { tail } = state
  if (tail !== null && next !== null && tail.seq + 1 === next.seq) checkLink(pack, tail, next)
  state.tail = state.pending.at(-1) ?? tail
  state.pending = []
}

function judgeRow(pack, state, [row, next]) {
  row.standing = standingOf(state, row, next)
  if (row.standing === 'altered')
    pack.faults.add('chain', 'the record is not the one that was signed', row.place)
  if (row.standing === 'unproven') pack.unsigned += 1
  if (next !== null) checkLink(pack, row, next)
}

function standingOf({ signed }, row, next) {
  const own = signed.get(row.seq)
  if (own !== undefined) return own === row.sha256 ? 'sound' : 'altered'
  if (next === null || next.standing !== 'sound') return 'unproven'
  return next.prev === row.sha256 ? 'sound' : 'altered'
}

function checkLink({ faults }, row, next) {
  if (next.prev === row.sha256) return
  if (row.standing === 'sound')
    faults.add('chain', 'the record does not follow the one before it', next.place)
  else if (row.standing === 'unproven')
    faults.add('chain', 'the record that follows names another hash', row.place)
}

function checkCounts(pack) {
  const { faults, manifest, streams, bundles, hasOtherBundle } = pack
  const member = 'manifest.json'
  for (const { stream, first, last, rows } of manifest.streams) {
    const state = streams.get(stream)
    if (!isSame([first, last, rows], [state.first, state.last, state.rows]))
      faults.add('stream', 'the manifest says otherwise of the stream', { member, stream })
    if (manifest.kind === 'range' && manifest.to === manifest.treeSize) addBehind(pack, state)
  }
  if (manifest.rows !== pack.rows)
    faults.add('counts', 'the number of records is not what the manifest says', { member })
  if (hasOtherBundle || [...bundles.values()].includes(false))
    faults.add('counts', 'the policy bundles are not those that the manifest says', { member })
}

function addBehind({ behind }, { stream, last, head, lost }) {
  const known = Math.max((last ?? -1) + 1, lost.at(-1)?.[1] ?? 0)
  if (head !== null && head > known) behind.push({ stream, last, head })
}

// ── Disclosures and the CSV ──────────────────────────────────────────────────────────────────────────────────────────────────────

function readDisclosures(pack) {
  const { faults } = pack
  const member = 'disclosures.jsonl'
  const nextLine = readLines(pack, member)
  let waiting = null
  let before = null
  const fetchNext = async () => {
    for (let line = await nextLine(); line !== null; line = await nextLine()) {
      const disclosure = parseCanonical(line)
      if (isDisclosure(disclosure)) return disclosure
      pack.unreadable += 1
      faults.add('disclosure', 'a line is not of its form', { member })
    }
    return null
  }
  const checkOrder = ({ leaf, path }) => {
    if (before !== null && compareLists(before, [leaf, path]) !== -1)
      faults.add('disclosure', 'the disclosures are not sorted', { member, leaf: before[0] })
    before = [leaf, path]
  }
  /** Those of the leaves up to one. */
  const takeTo = async (leaf, found) => {
    for (;;) {
      waiting ??= await fetchNext()
      if (waiting === null || waiting.leaf > leaf) return
      checkOrder(waiting)
      found(waiting)
      waiting = null
    }
  }
  const stray = ({ leaf }) =>
    faults.add('disclosure', 'the disclosure is of no record here', { member, leaf })
  return {
    /** What is disclosed of a record, by path. */
    next: async (leaf, record) => {
      const disclosed = new Map()
      if (leaf === null) return disclosed
      await takeTo(leaf, (disclosure) => {
        const isOwn = disclosure.leaf === leaf
        if (!isOwn) stray(disclosure)
        else if (isCommitted(record, disclosure)) disclosed.set(disclosure.path, disclosure.value)
        else faults.add('disclosure', 'the value is not the one that was committed to', { member, leaf })
      })
      pack.disclosures += disclosed.size
      return disclosed
    },
    end: () => takeTo(Number.POSITIVE_INFINITY, stray),
  }
}

function isCommitted(record, { path, salt, value }) {
  const names = path.split('/').slice(1)
  const sealed = valueAt(
    record,
    names.map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~')),
  )
  const bytes = Buffer.from(value)
  // half a surrogate pair has no UTF-8: it would pass for the character that stands for it
  if (!path.startsWith('/') || !isObject(sealed) || bytes.toString() !== value) return false
  return sealed.c === hashOf(Buffer.from('writ-c1'), Buffer.from(salt, 'hex'), bytes).toString('hex')
}

function valueAt(value, names) {
  let found = value
  for (const name of names) {
    const isIndex = Array.isArray(found) ? readCount(name) !== null : isObject(found)
    found = isIndex && Object.hasOwn(found, name) ? found[name] : undefined
  }
  return found
}

/**
 * The CSV is made again from the records, and must be the same bytes. It is followed up to the first row that is no record's, and over rows
 * that are gone. No row is made before the CSV says the leaf of the record, and no more of it than agrees: a row can be as large as its
 * record many times over.
 */
async function openCsv(pack) {
  const { faults, readable } = pack
  const member = 'records.csv'
  if (!readable.has(member)) return { next: async () => {}, end: async () => {} }
  const bytes = readBytes(pack, member)
  const columns = await readHeader(bytes)
  let isOver = columns === null
  let before = 0
  let waits = 0
  const fault = (message, leaf) => faults.add('csv', message, { member, leaf })
  if (isOver) fault('the CSV has no header of its form', null)
  const stray = (leaf) => {
    fault('the CSV has rows that no record has', leaf)
    if (leaf !== null && leaf < before) fault('the rows of the CSV are not sorted', before)
  }
  const isElsewhere = (place, leaf, other) => {
    isOver = place <= 0
    waits += 1
    if (place < 0) stray(other)
    else if (place > 0) fault('the CSV has no row of the record', leaf)
    else fault('the CSV says something else than the record', leaf ?? other)
    if (place > 0 && waits === LONG_WAIT) fault('the CSV goes on only with this record', other)
  }
  return {
    next: async (leaf, record, disclosed) => {
      if (isOver) return
      const other = leafOfRow(await bytes.peek(LEAF_CELL_BYTES))
      const place = placeOf({ leaf: other }, leaf)
      if (place === 0 && (await takesAll(bytes, rowOf(leaf, columns, { record, disclosed })))) {
        before = leaf ?? before
        waits = 0
      } else isElsewhere(place, leaf, other)
    },
    end: async () => {
      const rest = isOver ? NO_BYTES : await bytes.take(LEAF_CELL_BYTES)
      if (rest.length > 0) stray(leafOfRow(rest))
    },
  }
}

/** Whether texts are what comes next. */
async function takesAll(bytes, texts) {
  for (const text of texts) {
    const wanted = Buffer.from(text)
    if (!(await bytes.take(wanted.length)).equals(wanted)) return false
  }
  return true
}

/** the longest number of a leaf, its quotes and what follows them */
const LEAF_CELL_BYTES = 18

function leafOfRow(bytes) {
  const leaf = /^"(0|[1-9][0-9]{0,14})"[,\r]/.exec(bytes.toString('latin1'))?.[1]
  return leaf === undefined ? null : Number(leaf)
}

async function readHeader(bytes) {
  let text = ''
  while (!text.endsWith('\r\n')) {
    const next = await bytes.take(1)
    if (next.length === 0 || text.length === LONGEST_LINE) return null
    text += next.toString('latin1')
  }
  const cells = text.slice(0, -2).split(',')
  const columns = cells.slice(1)
  const isHeader = cells.every((cell) => /^"[A-Za-z0-9_.]+"$/.test(cell)) && cells[0] === '"leaf"'
  // with a column many times over, the row of one record could be longer than any text
  if (!isHeader || new Set(columns).size < columns.length) return null
  return columns.map((cell) => cell.slice(1, -1).split('.'))
}

/** The row of a record, in parts of some cells each. */
function* rowOf(leaf, columns, { record, disclosed }) {
  let part = `"${leaf}"`
  for (const column of columns) {
    part += `,"${neutral(cellOf(record, column, disclosed)).replaceAll('"', '""')}"`
    if (part.length <= LONGEST_LINE) continue
    yield part
    part = ''
  }
  yield `${part}\r\n`
}

/** Where a spreadsheet could take what follows for a formula, also one that separates cells by `;` or tabs, whatever is quoted. */
const FORMULA = /^(?=[\t\r\n])|(?<![^;\t\r\n])(?=[ "'\u00a0\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20])/g
const neutral = (cell) => cell.replaceAll(FORMULA, "'")

function cellOf(record, names, disclosed) {
  const value = valueAt(record, names)
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  if (isObject(value) && Object.hasOwn(value, 'c') && Object.hasOwn(value, 'ct'))
    return disclosed.get(`/${names.join('/')}`) ?? '(sealed)'
  return canonical(value)
}

// ── Merkle tree (RFC 6962) ───────────────────────────────────────────────────────────────────────────────────────────────────────

const LEAF = Buffer.of(0)
const NODE = Buffer.of(1)

function hashOf(...parts) {
  const digest = createHash('sha256')
  for (const part of parts) digest.update(part)
  return digest.digest()
}

const parentOf = (left, right) => hashOf(NODE, left, right)

/** The root that a proof leads to; null when it has not as many hashes as the place needs. */
function rootByInclusion([leaf, size], hash, proof, taken = proof.length) {
  if (leaf >= size) return null
  if (size === 1) return taken === 0 ? hash : null
  if (taken === 0) return null
  const split = largestPowerBelow(size)
  const sibling = Buffer.from(proof[taken - 1], 'hex')
  const isLeft = leaf < split
  const own = rootByInclusion(isLeft ? [leaf, split] : [leaf - split, size - split], hash, proof, taken - 1)
  if (own === null) return null
  return isLeft ? parentOf(own, sibling) : parentOf(sibling, own)
}

/** Whether the tree of `size` leaves begins with the one of `oldSize`. */
function isConsistent([oldSize, oldRoot], [size, root], proof) {
  if (oldSize > size) return false
  if (oldSize === 0) return proof.length === 0 && oldRoot.equals(hashOf())
  const found = rootsByConsistency([oldSize, size], oldRoot, proof)
  return found !== null && found.old.equals(oldRoot) && found.root.equals(root)
}

/** The roots of both trees that a proof leads to. @param known the old root, as long as the old tree lies at the left edge; else null */
function rootsByConsistency([oldSize, size], known, proof) {
  const last = proof.at(-1)
  if (oldSize === size) return proof.length === (known === null ? 1 : 0) ? sameRoots(known ?? last) : null
  if (last === undefined) return null
  const split = largestPowerBelow(size)
  const isLeft = oldSize <= split
  const sizes = isLeft ? [oldSize, split] : [oldSize - split, size - split]
  const own = rootsByConsistency(sizes, isLeft ? known : null, proof.slice(0, -1))
  if (own === null) return null
  if (isLeft) return { old: own.old, root: parentOf(own.root, last) }
  return { old: parentOf(last, own.old), root: parentOf(last, own.root) }
}

const sameRoots = (root) => ({ old: root, root })

function largestPowerBelow(size) {
  let power = 1
  while (power * 2 < size) power *= 2
  return power
}

/** The perfect subtrees that cover the first leaves of a tree, largest first: it takes more leaves or subtrees and knows the root. */
function createFrontier(size, left) {
  const levels = levelsOf(0, size)
  const parts = left.map((hex, at) => ({ level: levels[at], hash: Buffer.from(hex, 'hex') }))
  return {
    add: (level, hash) => {
      let part = { level, hash }
      while (parts.length > 0 && parts.at(-1).level === part.level)
        part = { level: part.level + 1, hash: parentOf(parts.pop().hash, part.hash) }
      parts.push(part)
    },
    root: () =>
      parts.reduceRight((right, { hash }) => (right === null ? hash : parentOf(hash, right)), null) ??
      hashOf(),
  }
}

/** Levels of the fewest perfect subtrees that cover [from, to), from left to right. */
function levelsOf(from, to) {
  const levels = []
  for (let at = from; at < to; at += 2 ** levels.at(-1)) {
    let level = 0
    while (at % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= to) level += 1
    levels.push(level)
  }
  return levels
}

// ── Notes, keys, encodings ───────────────────────────────────────────────────────────────────────────────────────────────────────

const LOG = 1
const WITNESS = 4

/** A signed note that is a checkpoint (C2SP signed-note, tlog-checkpoint); null for anything else. */
function readCheckpoint(bytes) {
  const note = textOfBytes(bytes) ?? ''
  const cut = note.lastIndexOf('\n\n')
  if (cut < 0 || !note.endsWith('\n') || hasControls(note)) return null
  const text = note.slice(0, cut + 1)
  const lines = note
    .slice(cut + 2, -1)
    .split('\n')
    .map(readSignatureLine)
  const head = readHead(text)
  return head === null || lines.length > 100 || lines.includes(null) ? null : { text, ...head, lines }
}

/** Origin, size and root; nothing may follow them. */
function readHead(text) {
  const [origin, sizeText = '', rootText = '', ...rest] = text.split('\n')
  const [size, root] = [readCount(sizeText), fromBase64(rootText, 'base64')]
  const isSound = origin !== '' && size !== null && root !== null && root.length === 32 && rest.length === 1
  return isSound ? { origin, size, root } : null
}

const hasControls = (text) => Array.from(text).some((char) => char < ' ' && char !== '\n')

function readSignatureLine(line) {
  const [, name, encoded] = /^\u2014 ([!-*,-~]+) ([A-Za-z0-9+/=]+)$/.exec(line) ?? []
  const bytes = encoded === undefined ? null : fromBase64(encoded, 'base64')
  return bytes === null || bytes.length < 5 ? null : { name, bytes }
}

/** A C2SP verifier key: `<name>+<key id>+<base64 of type and key>`; null for anything else. */
function readKeyLine(line) {
  const [, name, id, encoded] = /^([!-*,-~]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(line) ?? []
  const bytes = encoded === undefined ? null : fromBase64(encoded, 'base64')
  if (bytes === null || bytes.length !== 33) return null
  const publicKey = keyObjectOf(bytes.subarray(1))
  const isOwn = hashOf(Buffer.from(`${name}\n`), bytes)
    .toString('hex')
    .startsWith(id)
  return isOwn && publicKey !== null ? { name, id, type: bytes[0], publicKey } : null
}

const publicKeyOf = (text) => keyObjectOf(fromBase64(text, 'base64url') ?? Buffer.of())

/** The points of the small subgroup, without the bit of their sign: with such a key one signature fits many texts. */
const SMALL_ORDER = new Set([
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
])
const FIELD = 2n ** 255n - 19n

const hexOf = (byte) => byte.toString(16).padStart(2, '0')

/** An Ed25519 public key; null for what is none. */
function keyObjectOf(bytes) {
  if (bytes.length !== 32) return null
  const y = Buffer.from(bytes)
  y[31] &= 0x7f
  if (SMALL_ORDER.has(y.toString('hex')) || BigInt(`0x${[...y].map(hexOf).reverse().join('')}`) >= FIELD)
    return null
  try {
    return createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') },
      format: 'jwk',
    })
  } catch {
    return null
  }
}

const isSigned = (bytes, signature, key) =>
  key !== null && signature?.length === 64 && verifyBytes(null, bytes, key, signature)

/** Null unless the text is the one form that the bytes have. */
function fromBase64(text, encoding) {
  const bytes = Buffer.from(text, encoding)
  return bytes.toString(encoding) === text ? bytes : null
}

function readCount(text) {
  const count = /^(0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : null
  return Number.isSafeInteger(count) ? count : null
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textOfBytes(bytes) {
  try {
    return UTF8.decode(bytes)
  } catch {
    return null
  }
}

/** The value of a text in canonical form (RFC 8785 without fractions); undefined for any other text, and for null, where there is none. */
function parseCanonical(bytes) {
  if (bytes === null || !isOfFewParts(bytes)) return undefined
  try {
    const text = UTF8.decode(bytes)
    const value = JSON.parse(text)
    return canonical(value) === text ? value : undefined
  } catch {
    return undefined
  }
}

function isOfFewParts(bytes) {
  if (bytes.length <= MOST_PARTS) return true
  let parts = 0
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (byte === 0x2c || byte === 0x5b || byte === 0x7b) parts += 1
  }
  return parts <= MOST_PARTS
}

function canonical(value, depth = 0) {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new TypeError('not a safe integer')
  if (typeof value === 'number') return String(value)
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (depth === DEEPEST) throw new TypeError('too deep')
  if (Array.isArray(value)) return `[${value.map((member) => canonical(member, depth + 1)).join(',')}]`
  const names = Object.keys(value).sort()
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name], depth + 1)}`).join(',')}}`
}

// ── Forms ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)
const isText = (value) => typeof value === 'string'
const isCount = (value) => Number.isSafeInteger(value) && value >= 0
const isCountOrNull = (value) => value === null || isCount(value)
const matches = (pattern) => (value) => typeof value === 'string' && pattern.test(value)
const isHash = matches(/^[0-9a-f]{64}$/)
const isKeyId = matches(/^[0-9a-f]{8}$/)
const isTime = matches(/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/)
const isStreamId = matches(/^nod_[0-9A-Z]{26}:boo_[0-9A-Z]{26}:ten_[0-9A-Z]{26}$/)
const isContent = (value) => isObject(value) || Array.isArray(value)
const listOf = (isOne) => (value) => Array.isArray(value) && value.every(isOne)
const hashes = listOf(isHash)
/** Members that are not named may stand besides. */
const objectOf = (form) => (value) =>
  isObject(value) &&
  Object.entries(form).every(([name, fits]) => Object.hasOwn(value, name) && fits(value[name]))
const oneOf = (values) => (value) => values.includes(value)
const ascends = (keyOf) => (list) =>
  list.every((one, at) => at === 0 || compareLists(keyOf(list[at - 1]), keyOf(one)) === -1)
const both = (one, other) => (value) => one(value) && other(value)

const isLost = (value) => listOf(isCount)(value) && value.length === 2 && value[0] < value[1]
const isLostList = both(listOf(isLost), (list) =>
  list.every(([from], at) => at === 0 || list[at - 1][1] < from),
)
const isBundle = objectOf({ version: isCount, sha256: isHash })
const isManifestStream = objectOf({
  stream: isStreamId,
  first: isCountOrNull,
  last: isCountOrNull,
  rows: isCount,
  lost: isLostList,
})
const isSealed = (value) =>
  isObject(value) &&
  Object.entries(value).every(
    ([name, member]) =>
      NAMES.includes(name) &&
      !UNSEALED.includes(name) &&
      objectOf({ bytes: isCount, sha256: isHash })(member),
  )
const isManifest = both(
  objectOf({
    v: oneOf(['writ.pack.v1']),
    id: isText,
    createdAt: isTime,
    tenant: isText,
    origin: isText,
    kind: oneOf(Object.keys(KINDS)),
    from: isCount,
    to: isCount,
    treeSize: isCount,
    rows: isCount,
    query: isContent,
    requestedBy: isContent,
    bundles: both(
      listOf(isBundle),
      ascends(({ version, sha256 }) => [version, sha256]),
    ),
    streams: both(
      listOf(isManifestStream),
      ascends(({ stream }) => [stream]),
    ),
    erasures: isContent,
    members: isSealed,
  }),
  ({ from, to, treeSize }) => from <= to && to <= treeSize,
)
const isTrust = both(
  objectOf({
    v: oneOf(['writ.trust.v1']),
    version: isCount,
    issuedAt: isTime,
    tenant: isText,
    origin: isText,
    logKeys: listOf(
      objectOf({
        key: (line) => isText(line) && readKeyLine(line) !== null,
        until: (value) => value === null || isTime(value),
      }),
    ),
    witnesses: listOf((line) => isText(line) && readKeyLine(line) !== null),
    signatures: listOf(objectOf({ kid: isKeyId, signature: isText })),
  }),
  ({ logKeys }) => logKeys.length > 0,
)
const isJwsHeader = (value) =>
  objectOf({ alg: oneOf(['EdDSA']), kid: isKeyId })(value) &&
  Object.keys(value).every((name) => ['alg', 'kid', 'typ'].includes(name))
const isHead = both(
  objectOf({ at: isTime, headHash: isHash, nextSeq: isCount, signature: isText }),
  ({ headHash, nextSeq }) => (nextSeq === 0) === (headHash === STREAM_START),
)
const isStreams = objectOf({
  nodes: both(
    listOf(objectOf({ node: isText, publicKey: (text) => isText(text) && publicKeyOf(text) !== null })),
    ascends(({ node }) => [node]),
  ),
  streams: both(
    listOf(objectOf({ stream: isStreamId, head: (head) => head === null || isHead(head) })),
    ascends(({ stream }) => [stream]),
  ),
})
const isBatch = both(
  objectOf({
    stream: isStreamId,
    fromSeq: isCount,
    count: (value) => isCount(value) && value > 0 && value <= 1000,
    headHash: isHash,
    signature: isText,
  }),
  ({ fromSeq, count }) => isCount(fromSeq + count),
)
const isRangeProof = objectOf({ left: hashes, right: hashes })
const isProof = objectOf({ hashes, leaf: isCount })
const isConsistency = objectOf({ from: (value) => value === null || isText(value), hashes })
const isDisclosure = objectOf({ leaf: isCount, path: isText, salt: isHash, value: isText })
const isRecord = objectOf({
  v: oneOf(['writ.decision.v1', 'writ.record.v1']),
  tenant: isText,
  stream: isStreamId,
  seq: isCount,
  prev: isHash,
  gateway: objectOf({ node: isText }),
})

// ── Reading members ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

class Broken extends Error {}
const BROKEN = 'the member does not inflate to what the directory says'
const OTHER_SUM = 'the member has not the checksum that the directory says'

/** @returns what gives a member chunk by chunk, and null at its end */
function openMember({ source, readable }, name) {
  if (!readable.has(name)) return async () => null
  const chunks = source.chunks(name)
  return async () => {
    const { value, done } = await chunks.next()
    return done ? null : value
  }
}

/** The lines of a member, none behind too many that are not of their form. The last one counts also when its end is missing. */
function readLines(pack, name) {
  const nextChunk = openMember(pack, name)
  let rest = Buffer.of()
  let isOver = false
  const finish = (message, line) => {
    isOver = true
    if (message !== null) pack.faults.add('members', message, { member: name })
    return line
  }
  return async () => {
    if (isOver || pack.unreadable >= MOST_UNREADABLE) return null
    let end = rest.indexOf(10)
    while (end < 0 && rest.length <= LONGEST_LINE) {
      const chunk = await nextChunk()
      if (chunk === null)
        return rest.length === 0 ? finish(null, null) : finish('the last line of the member has no end', rest)
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      end = rest.indexOf(10)
    }
    if (end < 0 || end > LONGEST_LINE) return finish('a line of the member is too long', null)
    const line = rest.subarray(0, end)
    rest = rest.subarray(end + 1)
    return line
  }
}

/** The bytes of a member, as many as are asked for, fewer at its end. */
function readBytes(pack, name) {
  const nextChunk = openMember(pack, name)
  let rest = Buffer.of()
  const fill = async (count) => {
    const chunks = [rest]
    for (let bytes = rest.length; bytes < count; bytes += chunks.at(-1).length) {
      const chunk = await nextChunk()
      if (chunk === null) break
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  }
  const peek = async (count) => {
    if (rest.length < count) rest = await fill(count)
    return rest.subarray(0, count)
  }
  const take = async (count) => {
    const taken = await peek(count)
    rest = rest.subarray(taken.length)
    return taken
  }
  return { peek, take }
}

/** A whole small member that the manifest names; null when it is not there or too long. */
async function readSealed(pack, name, mostBytes) {
  if (!pack.readable.has(name)) return null
  const bytes = await readBytes(pack, name).take(mostBytes + 1)
  if (bytes.length <= mostBytes) return bytes
  pack.faults.add('members', 'the member is too long', { member: name })
  return null
}

/** The same of the two that the manifest does not name: itself and its signature. */
async function readSmall(source, name, mostBytes, faults) {
  if (!source.names.includes(name)) {
    faults.add('members', 'the member is missing', { member: name })
    return null
  }
  try {
    const bytes = await readWhole(source, name, mostBytes)
    if (bytes === null) faults.add('members', 'the member is too long', { member: name })
    else if (!source.hasSum(name, checksum(bytes, 0))) faults.add('zip', OTHER_SUM, { member: name })
    return bytes
  } catch (error) {
    if (!(error instanceof Broken)) throw error
    faults.add('zip', BROKEN, { member: name })
    return null
  }
}

async function readWhole(source, name, mostBytes) {
  if (!source.names.includes(name) || source.sizeOf(name) > mostBytes) return null
  const chunks = []
  for await (const chunk of source.chunks(name)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

// ── A folder, or a zip ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * `names` of the members, `faults` of the container; `sizeOf` and `chunks` of a member, where the latter throw Broken where it cannot be
 * inflated; and whether it `hasSum`, a CRC-32, which a folder does not tell.
 */
async function openSource(path) {
  const found = await lstat(path).catch(() => null)
  if (found?.isDirectory()) return openFolder(path)
  if (found?.isFile()) return openZip(path)
  throw new CannotRun(`cannot read ${path}`)
}

const UNKNOWN_NAME = 'a member has a name that no pack has'

async function openFolder(path) {
  const sizes = new Map()
  const faults = []
  for (const name of await readdir(path)) {
    // of other names nothing is asked: one that is no UTF-8 does not even lead to its file
    const found = NAMES.includes(name) ? await lstat(join(path, name)) : null
    if (found === null) faults.push({ member: null, message: UNKNOWN_NAME })
    else if (!found.isFile()) faults.push({ member: name, message: 'the member is no regular file' })
    else sizes.set(name, found.size)
  }
  const chunks = (name) => whole(createReadStream(join(path, name)), sizes.get(name))
  return { names: [...sizes.keys()], faults, sizeOf: (name) => sizes.get(name), hasSum: () => true, chunks }
}

async function openZip(path) {
  const file = await open(path).catch(() => {
    throw new CannotRun(`cannot read ${path}`)
  })
  const read = async (offset, length) => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset)
    return buffer.subarray(0, bytesRead)
  }
  try {
    const { size } = await file.stat()
    const { entries, faults } = await readDirectory(read, size)
    const chunks = (name) => inflated(path, entries.get(name))
    const sizeOf = (name) => entries.get(name).sizeBytes
    const hasSum = (name, sum) => entries.get(name).sum === sum
    return { names: [...entries.keys()], faults, sizeOf, hasSum, chunks }
  } finally {
    await file.close()
  }
}

const END_BYTES = 22
const ENTRY_BYTES = 46
const LOCAL_BYTES = 30
const DESCRIPTOR = 0x0808
const SAYS_UTF8 = 0x0800

/** Reads the directory of a zip and compares it with what stands before it: no byte of the container is free. */
async function readDirectory(read, size) {
  const end = await readEnd(read, size)
  const found = end && entriesOf(await read(end.offset, end.length), end.count)
  if (found === null)
    return { entries: new Map(), faults: [{ message: 'the file is no zip of this form', member: null }] }
  const faults = []
  const entries = new Map()
  let next = 0
  for (const entry of found) {
    const member = NAMES.includes(entry.name) ? entry.name : null
    for (const message of await entryFaults(read, entry, next)) faults.push({ message, member })
    next = entry.end
    if (member === null) faults.push({ message: UNKNOWN_NAME, member })
    else if (entries.has(member)) faults.push({ message: 'the member stands twice', member })
    else entries.set(member, entry)
  }
  if (next !== end.offset) faults.push({ message: 'something lies between the members', member: null })
  return { entries, faults }
}

async function readEnd(read, size) {
  const end = size < END_BYTES ? Buffer.of() : await read(size - END_BYTES, END_BYTES)
  if (end.length < END_BYTES || end.readUInt32LE(0) !== 0x06054b50) return null
  const [count, length, offset] = [end.readUInt16LE(8), end.readUInt32LE(12), end.readUInt32LE(16)]
  // one disk, no comment
  const isPlain = end.readUInt32LE(4) === 0 && end.readUInt16LE(10) === count && end.readUInt16LE(20) === 0
  return isPlain && length <= MIB && offset + length === size - END_BYTES ? { count, length, offset } : null
}

function entriesOf(directory, count) {
  const entries = []
  let at = 0
  for (let index = 0; index < count; index += 1) {
    const entry = entryAt(directory, at)
    if (entry === null) return null
    entries.push(entry)
    at += entry.directoryBytes
  }
  return at === directory.length ? entries : null
}

async function entryFaults(read, { isPlain, offset, local, descriptor, end }, next) {
  const found = []
  if (!isPlain) found.push('an entry of the directory is not of its form')
  if (offset !== next) found.push('something lies between the members')
  if (!(await read(offset, local.length)).equals(local))
    found.push('a local header differs from the directory')
  if (!(await read(end - descriptor.length, descriptor.length)).equals(descriptor))
    found.push('a data descriptor differs from the directory')
  return found
}

/** One entry, with the bytes that its local header and its descriptor must have. Null where the directory ends before it does. */
function entryAt(directory, at) {
  const head = directory.subarray(at, at + ENTRY_BYTES)
  if (head.length < ENTRY_BYTES || head.readUInt32LE(0) !== 0x02014b50) return null
  const nameBytes = head.readUInt16LE(28)
  const directoryBytes = ENTRY_BYTES + nameBytes + head.readUInt16LE(30) + head.readUInt16LE(32)
  if (at + directoryBytes > directory.length) return null
  const name = directory.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes)
  const [compressedBytes, sizeBytes, offset] = [
    head.readUInt32LE(20),
    head.readUInt32LE(24),
    head.readUInt32LE(42),
  ]
  const hasDescriptor = head.readUInt16LE(8) === DESCRIPTOR
  const sums = head.subarray(16, 28)
  const said = [
    head.subarray(6, 16),
    hasDescriptor ? Buffer.alloc(12) : sums,
    head.subarray(28, 30),
    Buffer.alloc(2),
  ]
  const descriptor = hasDescriptor ? Buffer.concat([Buffer.from('PK\x07\x08'), sums]) : Buffer.of()
  const start = offset + LOCAL_BYTES + nameBytes
  return {
    name: name.toString('latin1'),
    method: head.readUInt16LE(10),
    sum: head.readUInt32LE(16),
    offset,
    start,
    compressedBytes,
    sizeBytes,
    directoryBytes,
    descriptor,
    end: start + compressedBytes + descriptor.length,
    local: Buffer.concat([Buffer.from('PK\x03\x04'), ...said, name]),
    isPlain: isPlainEntry(head),
  }
}

/** CRC-32 of what came before and more bytes. Node has it itself since 20.15. */
const checksum = zlib.crc32 ?? slowChecksum

function slowChecksum(bytes, before) {
  let sum = ~before
  for (const byte of bytes) sum = CRC_OF_BYTE[(sum ^ byte) & 255] ^ (sum >>> 8)
  return ~sum >>> 0
}

const CRC_OF_BYTE = Int32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte
  for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0)
  return sum
})

/** Made and to be read by known versions, stored or deflated, a regular file, and nothing else. */
const isPlainEntry = (head) =>
  head.readUInt32LE(4) === 0x0014033f &&
  [SAYS_UTF8, DESCRIPTOR].includes(head.readUInt16LE(8)) &&
  [0, 8].includes(head.readUInt16LE(10)) &&
  head.subarray(30, 38).every((byte) => byte === 0) &&
  head.readUInt32LE(38) === 0o100644 * 65_536

async function* inflated(path, { start, compressedBytes, sizeBytes, method }) {
  if (compressedBytes === 0 && sizeBytes === 0 && method === 0) return
  if (compressedBytes === 0 || (method !== 0 && method !== 8)) throw new Broken()
  const stored = createReadStream(path, { start, end: start + compressedBytes - 1 })
  if (method === 0) {
    yield* whole(stored, sizeBytes)
    return
  }
  const inflate = createInflateRaw()
  stored.on('error', (error) => inflate.destroy(error))
  stored.pipe(inflate)
  try {
    yield* whole(inflate, sizeBytes)
  } finally {
    stored.destroy()
  }
  // what follows the end of the compressed stream would be hidden from this program and shown by another
  if (inflate.bytesWritten !== compressedBytes) throw new Broken()
}

/** The chunks of a stream that must have so many bytes. */
async function* whole(stream, sizeBytes) {
  let bytes = 0
  try {
    for await (const chunk of stream) {
      bytes += chunk.length
      if (bytes > sizeBytes) break
      yield chunk
    }
  } catch (error) {
    throw error.code?.startsWith('Z_') ? new Broken() : error
  }
  if (bytes !== sizeBytes) throw new Broken()
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  await main()
