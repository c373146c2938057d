// What is said besides the records, altered and signed with the key of the log: opened values, the table, cosignatures, trust.
import {
  bytesOfLines,
  canonical,
  checkpointNote,
  leavesIn,
  linesIn,
  LOG_KEY,
  manifestOf,
  pick,
  sealManifest,
  trustOf,
} from './world.mjs'

/** What is said besides the records: values that were opened, the table, cosignatures, trust. Signed by the log's key. */
export async function alteredStatement(world, chance) {
  const { members, log } = world.packs[0]
  const altered = new Map(members)
  const [name, edit, known, leaf = null] = pick(STATEMENTS, chance)
  const said = await edit(altered, chance, world)
  return {
    name,
    members: said?.sealed ?? sealManifest(altered, { ...manifestOf(members), ...said?.manifest }, log),
    known: known?.(world) ?? {},
    leaf: leaf === null ? null : said.leaf,
  }
}

const jsonLine = (members, name, chance, edit) => {
  const lines = linesIn(members, name)
  const at = chance(lines.length)
  const line = JSON.parse(lines[at])
  members.set(name, bytesOfLines(lines.toSpliced(at, 1, canonical({ ...line, ...edit(line) }))))
  return { leaf: line.leaf }
}

const STATEMENTS = [
  [
    'a disclosed value',
    (m, chance) => jsonLine(m, 'disclosures.jsonl', chance, () => ({ value: 'Somebody Else' })),
    undefined,
    true,
  ],
  [
    'a salt',
    (m, chance) => jsonLine(m, 'disclosures.jsonl', chance, () => ({ salt: '0'.repeat(64) })),
    undefined,
    true,
  ],
  [
    'the path of a disclosure',
    (m, chance) => jsonLine(m, 'disclosures.jsonl', chance, () => ({ path: '/agent/name' })),
    undefined,
    true,
  ],
  ['a cell of the table', (m, chance) => csvCell(m, chance), undefined, true],
  [
    'a formula in the table',
    (m) => void m.set('records.csv', Buffer.from(m.get('records.csv').toString().replace(`"'@SUM`, '"@SUM'))),
  ],
  [
    'the cosignature is gone',
    (m) => void m.set('checkpoint.note', withoutLine(m, 2)),
    (world) => ({ witness: [world.known.witness] }),
  ],
  ['the cosignature is of another time', (m) => void m.set('checkpoint.note', otherTime(m))],
  ['the signature of the log is gone', (m) => void m.set('checkpoint.note', withoutLine(m, 1))],
  ['another size', (m) => ({ manifest: { treeSize: manifestOf(m).treeSize + 1 } })],
  ['another number of rows', (m) => ({ manifest: { rows: manifestOf(m).rows - 1 } })],
  [
    'a stream that ends elsewhere',
    (m) => ({
      manifest: {
        streams: manifestOf(m).streams.map((stream, at) =>
          at === 0 ? { ...stream, last: stream.last + 1 } : stream,
        ),
      },
    }),
  ],
  [
    'a range that is said to be lost',
    (m) => ({
      manifest: {
        streams: manifestOf(m).streams.map((stream, at) =>
          at === 0 ? { ...stream, lost: [[0, 1]] } : stream,
        ),
      },
    }),
  ],
  ['a stream less', (m) => ({ manifest: { streams: manifestOf(m).streams.slice(1) } })],
  ['other policy bundles', (m) => ({ manifest: { bundles: manifestOf(m).bundles.slice(1) } })],
  ['another tenant', () => ({ manifest: { tenant: `ten_${'B'.padStart(26, '0')}` } })],
  ['another origin', () => ({ manifest: { origin: 'audit.example.com/elsewhere' } })],
  [
    'a key that was retired before',
    (m, _, { log }) =>
      void m.set('trust.json', trustOf(log, { keys: [{ key: LOG_KEY, until: '2020-01-01T00:00:00.000Z' }] })),
  ],
  [
    'a trust file that nobody signed',
    (m, _, { log }) => void m.set('trust.json', trustOf(log, { signers: [] })),
  ],
  ['a trust file of another log', (m, _, { other }) => void m.set('trust.json', trustOf(other))],
  [
    'another pack before',
    async (m, _, { other }) =>
      void m.set(
        'consistency.json',
        Buffer.from(canonical({ from: await checkpointNote(other, 20), hashes: [] })),
      ),
  ],
]

function csvCell(members, chance) {
  const rows = members.get('records.csv').toString().split('\r\n')
  const at = 1 + chance(rows.length - 2)
  rows[at] = rows[at].replace('"deny"', '"allow"')
  members.set('records.csv', Buffer.from(rows.join('\r\n')))
  return { leaf: leavesIn(members)[at - 1] }
}

const noteLines = (members) => members.get('checkpoint.note').toString().split('\n')
const withoutLine = (members, which) =>
  Buffer.from(
    noteLines(members)
      .toSpliced(3 + which, 1)
      .join('\n'),
  )

function otherTime(members) {
  const lines = noteLines(members)
  const [dash, name, encoded] = lines[5].split(' ')
  const bytes = Buffer.from(encoded, 'base64')
  bytes[11] ^= 1
  lines[5] = [dash, name, bytes.toString('base64')].join(' ')
  return Buffer.from(lines.join('\n'))
}
