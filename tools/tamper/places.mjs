// Where a bit of what was recorded can be another, and who finds it there.
import { rowsOf, withRows } from './records.mjs'
import { encodeFrame, manifestOf, pick, scanFrames, sealManifest, zipOfMembers } from './world.mjs'
import { saySame } from './zip-content.mjs'

/** Of each place a function (chance, ask) => { isFound, isAlike, isNamed }; `isNamed` is left out where there is no leaf to name. */
export const flippedPlaces = (world) => ({
  'the spool': (chance) => inSpool(world, chance),
  'a tile': (chance, ask) => inTile(world, chance, ask),
  'a row of the database': (chance, ask) => inRow(world, chance, ask),
  'an export': (chance, ask) => inExport(world, chance, ask),
})

const flip = (bytes, bit) => {
  const altered = Buffer.from(bytes)
  altered[bit >> 3] ^= 1 << (bit & 7)
  return altered
}

/** Whoever opens the segment takes nothing from the flipped frame on. */
function inSpool({ log }, chance) {
  const first = chance(log.leaves.length - 10)
  const frames = log.leaves.slice(first, first + 10)
  const encoded = frames.map(encodeFrame)
  const segment = Buffer.concat(encoded)
  const bit = chance(segment.length * 8)
  const { frames: read, torn } = scanFrames(flip(segment, bit))
  let [sound, end] = [0, encoded[0].length]
  while (end <= bit >> 3) end += encoded[(sound += 1)].length
  const isTrue = read.every(({ bytes }, at) => bytes === frames[at].bytes)
  return { isFound: torn && isTrue && read.length === sound }
}

/** The pack has its leaf hashes from the tiles, and its borders and proofs. The log signs it, and knows nothing. */
async function inTile({ log, packs }, chance, ask) {
  const { members } = packs[0]
  const hashes = members.get('leaf-hashes.bin')
  const bit = chance(hashes.length * 8)
  const altered = new Map(members).set('leaf-hashes.bin', flip(hashes, bit))
  const result = await ask({ members: sealManifest(altered, manifestOf(members), log) })
  return { isFound: !result.holds, isNamed: names(result, Math.floor(bit / 256)) }
}

/** The row is exported as it stands in the database, with all that follows from it made anew but for what the tree holds. */
async function inRow({ log, packs }, chance, ask) {
  const { members, log: own } = pick(packs, chance)
  const rows = rowsOf(members)
  const at = chance(rows.length)
  const bytes = flip(Buffer.from(rows[at].bytes), chance(Buffer.byteLength(rows[at].bytes) * 8))
  const altered = withRows(members, rows, { leaves: true })
  const lines = rows.map((row, place) => (place === at ? bytes : Buffer.from(row.bytes)))
  altered.set('records.jsonl', Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')])))
  const result = await ask({ members: sealManifest(altered, manifestOf(members), own ?? log) })
  return { isFound: !result.holds, isNamed: names(result, rows[at].leaf) }
}

/** Bits that fill up the last byte of deflated data say nothing: then every member reads as before. */
async function inExport({ packs }, chance, ask) {
  const { members } = pick(packs, chance)
  const zip = zipOfMembers(members)
  const altered = flip(zip, chance(zip.length * 8))
  const result = await ask({ zip: altered })
  return { isFound: !result.holds, isAlike: result.holds && saySame(zip, altered) }
}

const names = ({ faults }, leaf) => faults.some((fault) => fault.leaf === leaf)
