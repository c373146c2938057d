// The judge of the ledger's fault drills itself: what it reads is altered in every way that it is to notice, and it has to notice each.
import { createHash } from 'node:crypto'
import { result } from '../bench/figures.mjs'
import { weigh } from './ledger/judgement.mjs'
import { rootsAt } from './ledger/naive-tree.mjs'
import { none } from './ledger/rows.mjs'
import { numbersFrom, pick } from './soak/dice.mjs'

const NAME = 'judge'
const CALLS = 40
const ROUNDS = 50
const SHORT_ROUNDS = 5

export function run({ short, seed, cases = short ? SHORT_ROUNDS : ROUNDS }) {
  const random = numbersFrom(seed)
  const sound = faultsIn(weigh(gathered()))
  const unseen = []
  let tried = 0
  for (let round = 0; round < cases; round += 1)
    for (const [what, { alter, shows }] of Object.entries(ALTERATIONS)) {
      const altered = gathered()
      alter(altered, random)
      tried += 1
      if (!faultsIn(weigh(altered)).includes(shows)) unseen.push(`${what} (${shows})`)
    }
  return [
    none(
      `${NAME}: faults where there are none`,
      sound.length,
      'faults',
      sound.join('; ') || `${CALLS} calls of two streams`,
    ),
    none(
      `${NAME}: alterations that it does not notice`,
      unseen.length,
      'alterations',
      [...new Set(unseen)].join('; ') || Object.keys(ALTERATIONS).join('; '),
    ),
    result({
      name: `${NAME}: alterations`,
      value: tried,
      unit: 'alterations',
      atLeast: cases * Object.keys(ALTERATIONS).length,
      detail: `each of them ${cases} times, at places of chance`,
    }),
  ]
}

/** Which rows of a drill would not hold. */
const faultsIn = ({ missing, contradicted, twice, leafGaps, wrongCheckpoints }) =>
  Object.entries({
    missing: missing.length,
    contradicted,
    twice: twice.length,
    leafGaps,
    wrongCheckpoints,
  })
    .filter(([, count]) => count > 0)
    .map(([name]) => name)

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')

/** Calls as they leave a drill where nothing is wrong: most of their records in the ledger, the last on a disk, some on both. */
function gathered() {
  const frames = Array.from({ length: CALLS }, (_, at) => [
    frameOf(at, 'opened'),
    frameOf(at, 'closed'),
  ]).flat()
  const stored = frames.slice(0, -10)
  const rows = stored.map(({ bytes }, leaf) => ({ leaf, bytes: Buffer.from(bytes) }))
  const roots = rootsAt(
    rows.map(({ bytes }) => bytes),
    [7, 33, stored.length],
  )
  return {
    lines: frames.filter(({ kind }) => kind === 'closed').map(lineOf),
    spooled: frames.slice(-20).map(({ stream, seq, bytes }) => ({ stream, seq, bytes })),
    tenants: [{ rows, seen: [...roots].map(([size, root]) => ({ size, root })), faults: [] }],
  }
}

function frameOf(at, kind) {
  const stream = `stream-${at % 2}`
  const seq = 2 * Math.floor(at / 2) + Number(kind === 'closed')
  const bytes = JSON.stringify({ decisionId: `dec-${at}`, kind, outcome: 'allow', seq, stream })
  return { kind, stream, seq, bytes, decision: `dec-${at}` }
}

function lineOf({ decision, stream, seq, bytes }) {
  const hash = Buffer.from(sha256(bytes), 'hex').toString('base64')
  return { said: 'result', decision, receipt: `"${stream}";seq=${seq};sha256=:${hash}:;kind=closed` }
}

/** A row that no disk has any more, so that it is nowhere when it is gone. */
const oldClosing = ({ rows }, random) => {
  const closings = rows.slice(0, rows.length - 20).filter(({ bytes }) => bytes.includes('"kind":"closed"'))
  return rows.indexOf(pick(random, closings))
}
const gone = ([tenant], random) => {
  tenant.rows.splice(oldClosing(tenant, random), 1)
  tenant.rows.forEach((row, leaf) => (row.leaf = leaf))
}
const altered = ([{ rows }], random) => {
  const row = rows[Math.floor(random() * rows.length)]
  row.bytes = Buffer.from(row.bytes.toString().replace('"allow"', '"denied"'))
}

const ALTERATIONS = {
  'a record is gone': { alter: ({ tenants }, random) => gone(tenants, random), shows: 'missing' },
  'a record is gone under a checkpoint': {
    alter: ({ tenants }, random) => gone(tenants, random),
    shows: 'wrongCheckpoints',
  },
  'the last records of the disk are gone': { alter: ({ spooled }) => spooled.splice(-2), shows: 'missing' },
  'a record says another thing': {
    alter: ({ tenants }, random) => altered(tenants, random),
    shows: 'wrongCheckpoints',
  },
  'an answer was given that nothing stands behind': {
    alter: ({ lines }) => lines.push({ said: 'result', decision: 'dec-unknown' }),
    shows: 'missing',
  },
  'a receipt names another hash': {
    alter: ({ lines }, random) => {
      const line = pick(random, lines)
      line.receipt = line.receipt.replace(/:[A-Za-z0-9+/]/, (text) => (text === ':A' ? ':B' : ':A'))
    },
    shows: 'contradicted',
  },
  'a record stands twice': {
    alter: ({ tenants: [{ rows }] }, random) => rows.push({ ...pick(random, rows), leaf: rows.length }),
    shows: 'twice',
  },
  'an ending in the ledger stands on a disk too, at another place': {
    alter: ({ tenants: [{ rows }], spooled }) =>
      spooled.push({ stream: 'stream-2', seq: 0, bytes: rows[1].bytes.toString() }),
    shows: 'twice',
  },
  'a disk tells a place otherwise': {
    alter: ({ spooled }) => (spooled[0].bytes = spooled[0].bytes.replace('"allow"', '"denied"')),
    shows: 'twice',
  },
  'a leaf is left out': {
    alter: ({ tenants: [{ rows }] }, random) => (rows[Math.floor(random() * rows.length)].leaf += 1000),
    shows: 'leafGaps',
  },
  'two records have changed places': {
    alter: ({ tenants: [{ rows }] }) => {
      const [one, other] = [rows[3].bytes, rows[5].bytes]
      Object.assign(rows[3], { bytes: other })
      Object.assign(rows[5], { bytes: one })
    },
    shows: 'wrongCheckpoints',
  },
  'a checkpoint has another root': {
    alter: ({ tenants: [{ seen }] }, random) => (pick(random, seen).root = sha256('another')),
    shows: 'wrongCheckpoints',
  },
  'a checkpoint counts more than there is': {
    alter: ({ tenants: [{ seen, rows }] }) => (seen.at(-1).size = rows.length + 1),
    shows: 'wrongCheckpoints',
  },
}
