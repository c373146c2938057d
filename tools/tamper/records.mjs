// What can be done to the records of a pack. Each takes the rows of a pack and gives those of the altered one, with the leaf that must be
// named: null where the altered pack has no row that could be.
import { bytesOfLines, canonical, leavesIn, linesIn, pick } from './world.mjs'

/** [name, (rows, chance, world) => { rows, leaf }]; a row is { leaf, bytes }. */
export const RECORD_EDITS = [
  [
    'a byte of a record is another',
    (rows, chance) => editAt(rows, chance(rows.length), (bytes) => otherByte(bytes, chance)),
  ],
  [
    'a member of a record says something else',
    (rows, chance) => editAt(rows, chance(rows.length), otherOutcome),
  ],
  [
    'a record is written in another form',
    (rows, chance) => editAt(rows, chance(rows.length), pick(OTHER_FORMS, chance)),
  ],
  ['two records have the value of the other', (rows, chance) => crossed(rows, chance)],
  ['a record is gone', (rows, chance) => without(rows, chance(rows.length - 1))],
  ['a record stands twice', (rows, chance) => twice(rows, chance(rows.length))],
  ['a record is added', (rows, chance) => added(rows, chance(rows.length))],
  ['two records change places', (rows, chance) => swapped(rows, chance(rows.length - 1))],
  ['the last records are gone', (rows, chance) => cutShort(rows, rows.length - 1 - chance(3))],
  ['a record is of another tenant', (rows, chance, world) => foreign(rows, chance(rows.length), world)],
]

export function rowsOf(members) {
  const leaves = leavesIn(members)
  return linesIn(members, 'records.jsonl').map((bytes, at) => ({ leaf: leaves[at], bytes }))
}

/** Writes rows into a pack. @param leaves also into leaves.txt; else that stays as it was */
export function withRows(members, rows, { leaves }) {
  const altered = new Map(members)
  altered.set('records.jsonl', bytesOfLines(rows.map(({ bytes }) => bytes)))
  if (leaves) altered.set('leaves.txt', bytesOfLines(rows.map(({ leaf }) => leaf)))
  return altered
}

const editAt = (rows, at, edit) => ({
  rows: rows.map((row, place) => (place === at ? { ...row, bytes: edit(row.bytes) } : row)),
  leaf: rows[at].leaf,
})

/** A character of what UTF-8 writes as one byte is another; never a line's end, which would be two records. */
function otherByte(text, chance) {
  const ascii = [...text.matchAll(/[ -~]/g)].map(({ index }) => index)
  const at = ascii[chance(ascii.length)]
  const code = 32 + ((text.charCodeAt(at) - 32 + 1 + chance(94)) % 95)
  return text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1)
}

/** What some reader takes for the same. */
const OTHER_FORMS = [
  (bytes) => bytes.replace(':', ': '),
  (bytes) => `${bytes}\r`,
  (bytes) => `${bytes} `,
  (bytes) => `\ufeff${bytes}`,
  (bytes) => bytes.replace('{', '{"v":"writ.record.v1",'),
  (bytes) => bytes.replace('"seq":', '"se\\u0071":'),
  (bytes) => bytes.replace(/"seq":(\d+)/, '"seq":$1.0'),
  (bytes) => bytes.replace(/(.{9})$/, '\n$1'),
  (bytes) => JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(bytes)).toReversed())),
]

function crossed(rows, chance) {
  const at = chance(rows.length - 1)
  const [one, other] = [JSON.parse(rows[at].bytes), JSON.parse(rows[at + 1].bytes)]
  const name = pick(
    Object.keys(one).filter((key) => canonical(one[key]) !== canonical(other[key] ?? null)),
    chance,
  )
  const pair = [
    { ...one, [name]: other[name] ?? null },
    { ...other, [name]: one[name] },
  ]
  const edited = pair.map((record, place) => ({ ...rows[at + place], bytes: canonical(record) }))
  return { rows: rows.toSpliced(at, 2, ...edited), leaf: rows[at].leaf }
}

const otherOutcome = (bytes) =>
  bytes.includes('"outcome":"deny"')
    ? bytes.replaceAll('"outcome":"deny"', '"outcome":"allow"')
    : bytes.replace('"seq":', '"seq":1')

const without = (rows, at) => ({ rows: rows.toSpliced(at, 1), leaf: rows[at].leaf })

/** In a range the first that is missing is named; what else a filter would have found is not in the pack. */
function cutShort(rows, kept) {
  const isRange = rows.at(-1).leaf - rows[0].leaf === rows.length - 1
  return { rows: rows.slice(0, kept), leaf: isRange ? rows[kept].leaf : null }
}

/** The second stands where the next one stood, or behind the last leaf. */
const twice = (rows, at) => ({
  rows: rows.toSpliced(at, 0, rows[at]),
  leaf: { among: [rows[at].leaf, rows[at].leaf + 1, rows[at + 1]?.leaf] },
})

/** A decision that never was. */
function added(rows, at) {
  const row = rows[at]
  const bytes = row.bytes.replace(/"decisionId":"dec_\w{26}"/, `"decisionId":"dec_${'Z'.repeat(26)}"`)
  return { rows: rows.toSpliced(at, 0, { ...row, bytes }), leaf: row.leaf }
}

/** The bytes change places; the leaf indexes stay. */
function swapped(rows, at) {
  const next = rows[at + 1]
  return {
    rows: rows.toSpliced(at, 2, { ...rows[at], bytes: next.bytes }, { ...next, bytes: rows[at].bytes }),
    leaf: rows[at].leaf,
  }
}

function foreign(rows, at, { other }) {
  const { bytes } = other.leaves[at % other.leaves.length]
  return editAt(rows, at, () => bytes)
}
