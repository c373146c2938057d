// Members that are others, and zips that are not as docs/pack.md has them.
import { fixedHashes, pick, zipOf, zipOfMembers } from './world.mjs'

// ── Members ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const MEMBER_EDITS = [
  ['a byte', (bytes, chance) => flipped(bytes, chance)],
  ['cut short', (bytes, chance) => bytes.subarray(0, chance(bytes.length))],
  ['something behind it', (bytes) => Buffer.concat([bytes, Buffer.from('\n')])],
  ['empty', () => Buffer.alloc(0)],
  [
    'of another pack',
    (bytes, chance, { world, name }) => world.foreign.members.get(name) ?? Buffer.from('{}'),
  ],
  ['gone', () => null],
]

function flipped(bytes, chance) {
  const altered = Buffer.from(bytes)
  if (altered.length > 0) altered[chance(altered.length)] ^= 1 << chance(8)
  return altered
}

/** One member is another. With `fixed` hashes, and with the log's own signature, what it says must be wrong in itself. */
export function alteredMember(world, chance) {
  const { members, log } = pick(world.packs, chance)
  const name = pick([...members.keys()], chance)
  const [what, edit] = pick(MEMBER_EDITS, chance)
  const altered = new Map(members)
  const bytes = edit(members.get(name), chance, { world, name })
  if (bytes === null) altered.delete(name)
  else altered.set(name, bytes)
  const isAlike = bytes?.equals(members.get(name)) ?? false
  const isSealed = !name.startsWith('manifest.')
  const seal = isSealed && altered.has(name) && chance(2) === 0
  return {
    name: `${name}: ${what}${seal ? ', hashes fixed' : ''}`,
    members: seal ? fixedHashes(altered, log) : altered,
    leaf: null,
    isAlike,
    ...(chance(2) === 0 ? { zip: zipOfMembers(seal ? fixedHashes(altered, log) : altered) } : {}),
  }
}

// ── The container ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const CONTAINERS = [
  ['something behind the end', (entries) => Buffer.concat([zipOf(entries), Buffer.from('x')])],
  ['something before the beginning', (entries) => Buffer.concat([Buffer.from('x'), zipOf(entries)])],
  [
    'a member twice, the second another',
    (entries) => zipOf([...entries, { ...entries[2], bytes: Buffer.from('{}\n') }]),
  ],
  [
    'a member twice, the first another',
    (entries) => zipOf([{ ...entries[2], bytes: Buffer.from('{}\n') }, ...entries]),
  ],
  [
    'a path out of the folder',
    (entries) => zipOf([...entries, { name: '../../verify.mjs', bytes: Buffer.from('x') }]),
  ],
  ['an absolute path', (entries) => zipOf([...entries, { name: '/tmp/x', bytes: Buffer.from('x') }])],
  ['a folder', (entries) => zipOf([...entries, { name: 'records.jsonl/', bytes: Buffer.alloc(0) }])],
  [
    'a name in other case',
    (entries) => zipOf([...entries, { name: 'Records.jsonl', bytes: Buffer.from('x') }]),
  ],
  [
    'something behind the deflated bytes',
    (entries, at) =>
      zipOf(edited(entries, at, { packed: (bytes) => Buffer.concat([bytes, Buffer.from('hidden')]) })),
  ],
  [
    'deflated bytes cut short',
    (entries, at) => zipOf(edited(entries, at, { packed: (bytes) => bytes.subarray(0, -1) })),
  ],
  ['a size that is a lie', (entries, at) => zipOf(edited(entries, at, { listed: patched(24, 7) }))],
  ['a bomb', (entries, at) => zipOf(edited(entries, at, { bytes: Buffer.alloc(32 << 20) }))],
  ['a link', (entries, at) => zipOf(edited(entries, at, { listed: patched(38, 0, 0xa1ff0000) }))],
  ['an encrypted member', (entries, at) => zipOf(edited(entries, at, { listed: patched(8, 0, 0x0801, 2) }))],
  ['an unknown method', (entries, at) => zipOf(edited(entries, at, { listed: patched(10, 0, 12, 2) }))],
  [
    'members that overlap',
    (entries, at) => zipOf(edited(entries, Math.max(at, 1), { listed: patched(42, 0, 0) })),
  ],
  ['another checksum, in both places', (entries, at) => withChecksum(zipOf(entries), at)],
  ['another disk', (entries, at) => zipOf(edited(entries, at, { listed: patched(34, 1, 1, 2) }))],
  ['a comment at the end', (entries) => withComment(zipOf(entries))],
  ['another count', (entries) => lessEntries(zipOf(entries))],
  ['no zip at all', () => Buffer.from('PK this is none')],
  ['nothing', () => Buffer.alloc(0)],
]

const edited = (entries, at, edit) =>
  entries.map((entry, place) => (place === at ? { ...entry, ...edit } : entry))

const patched =
  (offset, add, value = null, length = 4) =>
  (bytes) => {
    const altered = Buffer.from(bytes)
    altered.writeUIntLE(value ?? altered.readUIntLE(offset, length) + add, offset, length)
    return altered
  }

/** In the directory and before the member, or behind it, where a stream wrote it. */
function withChecksum(zip, which) {
  const altered = Buffer.from(zip)
  let at = zip.readUInt32LE(zip.length - 6)
  for (let before = 0; before < which; before += 1) at += 46 + zip.readUInt16LE(at + 28)
  const start = zip.readUInt32LE(at + 42)
  const isDescribed = zip.readUInt16LE(at + 8) === 0x0808
  const end = start + 30 + zip.readUInt16LE(at + 28) + zip.readUInt32LE(at + 20)
  for (const place of [at + 16, isDescribed ? end + 4 : start + 14]) altered[place] ^= 1
  return altered
}

function withComment(zip) {
  const altered = Buffer.concat([zip, Buffer.from('hi')])
  altered.writeUInt16LE(2, zip.length - 2)
  return altered
}

function lessEntries(zip) {
  const altered = Buffer.from(zip)
  for (const at of [14, 12]) altered.writeUInt16LE(altered.readUInt16LE(zip.length - at) - 1, zip.length - at)
  return altered
}

export function container(world, chance) {
  const { members } = pick(world.packs, chance)
  const [name, make] = pick(CONTAINERS, chance)
  const entries = [...members].map(([entry, bytes], at) => ({
    name: entry,
    bytes,
    described: at % 3 === 0,
    stored: at % 4 === 0,
  }))
  return { name, zip: make(entries, chance(entries.length)), leaf: null }
}
