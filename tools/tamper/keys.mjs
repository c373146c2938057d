// The right statements under the wrong keys: of an attacker, of another tenant, retired ones; and signatures in other forms.
import { sign } from 'node:crypto'
import {
  canonical,
  checkpointNote,
  LOG_KEY,
  manifestOf,
  nodeKey,
  pick,
  sealManifest,
  trustOf,
} from './world.mjs'

const ATTACKER = nodeKey(99)
const RETIRED = nodeKey(203)
const LONG_AGO = '2020-01-01T00:00:00.000Z'

/** [name, (members, pack, world) => { members, known }] */
const KEYS = [
  [
    'all by an attacker, in a trust file of theirs',
    (members, pack, world) => byAttacker(members, pack, world),
  ],
  [
    'the same, in a newer one that only they sign',
    (members, pack, world) =>
      byAttacker(members, pack, world, { version: 9, keys: [ofLog(LOG_KEY), ofLog(ATTACKER)] }),
  ],
  ['a newer trust file that a retired key signs', afterRetirement],
  ['a retired key signs the manifest', byRetired],
  ['the checkpoint, by an attacker', checkpointByAttacker],
  ['the checkpoint of another tenant', checkpointOfOther],
  ['the manifest, by the log of another tenant', byOtherLog],
  [
    'the signature of another manifest',
    (members, pack, { packs }) => withJws(members, textOfJws(otherOf(packs, pack).members)),
  ],
  ['a second signature that does not hold', twiceSigned],
  ['no algorithm', (members) => reheaded(members, { alg: 'none' })],
  ['the algorithm of a shared secret', (members) => reheaded(members, { alg: 'HS256' })],
  [
    'a header that must be understood',
    (members) => reheaded(members, { alg: 'EdDSA', crit: ['b64'], b64: false }),
  ],
  [
    'a payload that stands elsewhere',
    (members) => withJws(members, textOfJws(members).replace(/\..*\./, '..')),
  ],
  ['another form of the last letter', (members) => withJws(members, otherForm(textOfJws(members)))],
  ['a line end behind it', (members) => withJws(members, `${textOfJws(members)}\n`)],
]

const ofLog = (key, until = null) => ({ key, until })
const textOfJws = (members) => members.get('manifest.jws').toString()
const withJws = (members, text) => ({ members: new Map(members).set('manifest.jws', Buffer.from(text)) })
const otherOf = (packs, { members }) => packs.find((one) => one.members !== members)

export async function otherKey(world, chance) {
  const pack = pick(world.packs, chance)
  const [name, edit] = pick(KEYS, chance)
  return { name, leaf: null, ...(await edit(pack.members, pack, world)) }
}

async function byAttacker(members, { log }, { known }, wishes = { keys: [ofLog(ATTACKER)] }) {
  const altered = new Map(members)
    .set('trust.json', trustOf(log, { ...wishes, signers: [ATTACKER] }))
    .set('checkpoint.note', await noteBy(ATTACKER, members, log))
  return { members: sealManifest(altered, manifestOf(members), log, ATTACKER), known: { trust: known.trust } }
}

const noteBy = async (logKey, members, log) =>
  Buffer.from(await checkpointNote(log, manifestOf(members).treeSize, { logKey }))

function afterRetirement(members, { log }, { known }) {
  const keys = [ofLog(RETIRED, LONG_AGO), ofLog(ATTACKER)]
  const trust = trustOf(log, { version: 3, keys, signers: [RETIRED, ATTACKER] })
  const altered = new Map(members).set('trust.json', trust)
  return { members: sealManifest(altered, manifestOf(members), log, ATTACKER), known: { trust: known.trust } }
}

function byRetired(members, { log }) {
  const trust = trustOf(log, { keys: [ofLog(LOG_KEY), ofLog(RETIRED, LONG_AGO)] })
  return {
    members: sealManifest(new Map(members).set('trust.json', trust), manifestOf(members), log, RETIRED),
  }
}

async function checkpointByAttacker(members, { log }) {
  const altered = new Map(members).set('checkpoint.note', await noteBy(ATTACKER, members, log))
  return { members: sealManifest(altered, manifestOf(members), log) }
}

async function checkpointOfOther(members, { log }, { other }) {
  const note = Buffer.from(await checkpointNote(other, other.sizes.at(-1)))
  return { members: sealManifest(new Map(members).set('checkpoint.note', note), manifestOf(members), log) }
}

function byOtherLog(members, _, { other }) {
  return withJws(members, textOfJws(sealManifest(members, manifestOf(members), other)))
}

function twiceSigned(members, { log }) {
  const lines = members.get('checkpoint.note').toString().split('\n')
  const [dash, name, encoded] = lines[4].split(' ')
  const bytes = Buffer.from(encoded, 'base64')
  bytes[20] ^= 1
  const note = lines.toSpliced(5, 0, [dash, name, bytes.toString('base64')].join(' ')).join('\n')
  const altered = new Map(members).set('checkpoint.note', Buffer.from(note))
  return { members: sealManifest(altered, manifestOf(members), log) }
}

/** Signed by the log, under another header. */
function reheaded(members, header) {
  const [own, payload] = textOfJws(members).split('.')
  const { kid } = JSON.parse(Buffer.from(own, 'base64url'))
  const signed = `${Buffer.from(canonical({ ...header, kid })).toString('base64url')}.${payload}`
  return withJws(members, `${signed}.${sign(null, Buffer.from(signed), LOG_KEY).toString('base64url')}`)
}

/** Of 64 bytes the last letter of base64url says two bits, and has room for more. */
function otherForm(text) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return text.slice(0, -1) + letters[letters.indexOf(text.at(-1)) ^ 1]
}
