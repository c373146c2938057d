// What an answered call, a stored row, a frame on a disk and a checkpoint must have to do with each other: the judge of fault drills, without any I/O.
import { createHash } from 'node:crypto'
import { rootsAt } from './naive-tree.mjs'

/** `record_unavailable`: it says itself that nothing was recorded. */
export const UNRECORDED = -31_123

/**
 * @param {{ lines: any[], spooled: { stream: string, seq: number, bytes: string }[], tenants: { rows: { leaf: number, bytes: Buffer }[], seen: { size: number, root: string }[], faults: any[] }[] }} gathered
 *   `lines`: answers, as the driver wrote them down; `spooled`: frames on the disks; of each tenant its `rows` in the order of their leaves, the
 *   checkpoints that were `seen`, and the `faults` of its evidence
 */
export function weigh({ lines, spooled, tenants: gathered }) {
  const tenants = gathered.map(weighTenant)
  const stored = new Map(tenants.flatMap(({ places }) => [...places]))
  const kept = new Set(tenants.flatMap(({ closed }) => [...closed]))
  for (const { bytes } of spooled) if (isClosing(bytes)) kept.add(decisionOf(bytes))
  const answered = lines.filter(({ said, decision }) => decision !== undefined && said !== UNRECORDED)
  const sum = (name) => tenants.reduce((total, one) => total + one[name], 0)
  return {
    lines,
    answered: answered.length,
    missing: answered.filter(({ decision }) => !kept.has(decision)),
    contradicted: answered.filter((line) => isContradicted(line, stored, spooled)).length,
    twice: [
      ...tenants.flatMap(({ twicePlaced }) => twicePlaced),
      ...twiceEnded(gathered, spooled, stored),
      ...conflicts(spooled, stored),
    ],
    records: sum('records'),
    leafGaps: sum('leafGaps'),
    faults: gathered.flatMap(({ faults }) => faults),
    checkpoints: sum('checkpoints'),
    wrongCheckpoints: sum('wrongCheckpoints'),
  }
}

function weighTenant({ rows, seen }) {
  const roots = rootsAt(
    rows.map(({ bytes }) => bytes),
    seen.map(({ size }) => size),
  )
  return {
    ...placesOf(rows.map(readRow)),
    ...endingsOf(rows),
    records: rows.length,
    leafGaps: rows.filter(({ leaf }, at) => leaf !== at).length,
    checkpoints: seen.length,
    wrongCheckpoints: seen.filter(({ size, root }) => roots.get(size) !== root).length,
  }
}

/** Only the bytes count. What cannot be read has a leaf and no place. */
function readRow({ leaf, bytes }) {
  try {
    const { kind, decisionId, stream, seq, outcome } = JSON.parse(bytes.toString())
    // What the platform says of a decision whose end never came is no ending of its own.
    return { leaf, bytes, decisionId, stream, seq, kind: outcome === 'unknown' ? 'unknown' : kind }
  } catch {
    return { leaf, bytes }
  }
}

function placesOf(rows) {
  const places = new Map()
  const twicePlaced = []
  for (const { stream, seq, bytes } of rows.filter((row) => row.stream !== undefined)) {
    const place = `${stream} ${seq}`
    if (places.has(place)) twicePlaced.push(`${place} in the ledger`)
    places.set(place, sha256(bytes))
  }
  return { places, twicePlaced }
}

/** Of each decision: whether it was opened, closed, and closed as unknown. */
export function endingsOf(rows) {
  const decisions = new Map()
  for (const { kind, decisionId } of rows.map(readRow)) {
    const known = decisions.get(decisionId) ?? { opened: 0, closed: 0, unknown: 0 }
    if (kind in known) known[kind] += 1
    decisions.set(decisionId, known)
  }
  const each = [...decisions]
  return {
    closed: new Set(each.filter(([, { closed }]) => closed > 0).map(([id]) => id)),
    unknown: new Set(each.filter(([, { unknown }]) => unknown > 0).map(([id]) => id)),
    unfinished: each.filter(([, { opened, closed }]) => opened > 0 && closed === 0).map(([id]) => id),
    twice: each
      .filter(([, { opened, closed }]) => opened > 1 || closed > 1)
      .map(([id, { opened, closed }]) => `${id} opened ${opened} and closed ${closed} times`),
  }
}

/** In the ledger, or with what a disk still has and may ship after a crash. */
function twiceEnded(gathered, spooled, stored) {
  const places = new Map(spooled.map((frame) => [`${frame.stream} ${frame.seq}`, Buffer.from(frame.bytes)]))
  const unshipped = [...places].filter(([place]) => !stored.has(place)).map(([, bytes]) => ({ bytes }))
  return endingsOf([...gathered.flatMap(({ rows }) => rows), ...unshipped]).twice
}

/** The receipt of an answer: at this place of this stream stands a record with this hash. */
function isContradicted({ receipt }, stored, spooled) {
  const read = /^"([^"]+)";seq=(\d+);sha256=:([A-Za-z0-9+/=]+):/.exec(receipt ?? '')
  if (read === null) return false
  const [, stream, seq, hash] = read
  const wanted = Buffer.from(hash, 'base64').toString('hex')
  const found = stored.get(`${stream} ${seq}`)
  if (found !== undefined) return found !== wanted
  return !spooled.some(
    (frame) => frame.stream === stream && frame.seq === Number(seq) && sha256(frame.bytes) === wanted,
  )
}

/** Places that a disk and the ledger tell two stories of. */
function conflicts(spooled, stored) {
  const told = new Map(stored)
  const found = []
  for (const { stream, seq, bytes } of spooled) {
    const place = `${stream} ${seq}`
    const hash = sha256(bytes)
    if ((told.get(place) ?? hash) !== hash) found.push(`${place} on a disk: ${bytes}`)
    told.set(place, hash)
  }
  return found
}

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')
const isClosing = (text) => JSON.parse(text).kind === 'closed'
const decisionOf = (text) => JSON.parse(text).decisionId
