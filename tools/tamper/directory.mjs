// Zips whose directory, headers and bodies say different things, or hide something between them.
import { pick, zipOf } from './world.mjs'

/** [name, (zip, which entry, chance) => zip], where a zip is as `readZip` has it */
const EDITS = [
  ['an entry less in the directory', (zip, at) => written({ ...zip, listing: zip.listing.toSpliced(at, 1) })],
  [
    'an entry twice in the directory',
    (zip, at) => written({ ...zip, listing: [...zip.listing, zip.listing[at]] }),
  ],
  ['the directory in another order', (zip) => written({ ...zip, listing: zip.listing.toReversed() })],
  ['two entries of one place', (zip, at) => written(withEntry(zip, at, (entry) => word(entry, 42, 0)))],
  ['something before all, with offsets that fit', (zip) => written(shifted(zip, Buffer.from('#!/bin/sh\n')))],
  ['another zip before it, with offsets that fit', (zip) => written(shifted(zip, zip.bytes))],
  [
    'something before the directory',
    (zip) => written({ ...zip, body: Buffer.concat([zip.body, Buffer.from('hi')]) }),
  ],
  [
    'something behind the directory',
    (zip) => Buffer.concat([zip.bytes.subarray(0, -22), Buffer.from('hi'), zip.end]),
  ],
  ['an end of 64 bits', (zip) => Buffer.concat([zip.bytes.subarray(0, -22), LOCATOR, zip.end])],
  ['two ends', (zip) => Buffer.concat([zip.bytes, zip.end])],
  ['the mark of a part of many', (zip) => Buffer.concat([Buffer.from('PK\x07\x08', 'latin1'), zip.bytes])],
  [
    'a comment of an entry',
    (zip, at) => written(withEntry(zip, at, (entry) => grown(entry, 32, Buffer.from('hi')))),
  ],
  [
    'an extra field',
    (zip, at) => written(withEntry(zip, at, (entry) => grown(entry, 30, Buffer.of(1, 0, 0, 0)))),
  ],
  [
    'a checksum in the directory only',
    (zip, at) => written(withEntry(zip, at, (entry) => flipped(entry, 16))),
  ],
  [
    'another name in the directory only',
    (zip, at) => written(withEntry(zip, at, (entry) => flipped(entry, 46))),
  ],
  [
    'sizes that stand elsewhere',
    (zip, at) => written(withEntry(zip, at, (entry) => word(entry, 24, 0xffffffff))),
  ],
  ['a program', (zip, at) => written(withEntry(zip, at, (entry) => word(entry, 38, 0o100755 * 65_536)))],
  [
    'a folder for DOS',
    (zip, at) => written(withEntry(zip, at, (entry) => word(entry, 38, 0o100644 * 65_536 + 16))),
  ],
  ['from another system', (zip, at) => written(withEntry(zip, at, (entry) => word(entry, 4, 0x00140014)))],
  ['cut short', ({ bytes }, _, chance) => bytes.subarray(0, chance(bytes.length))],
  ['a byte less', ({ bytes }, _, chance) => spliced(bytes, chance(bytes.length), 1, Buffer.of())],
  ['a byte more', ({ bytes }, _, chance) => spliced(bytes, chance(bytes.length), 0, Buffer.of(chance(256)))],
]

const LOCATOR = Buffer.concat([Buffer.from('PK\x06\x07', 'latin1'), Buffer.alloc(16)])

/** Names that look like one of a pack, or lead elsewhere. */
const NAMES = [
  './records.jsonl',
  '..\\verify.mjs',
  'C:verify.mjs',
  'records.jsonl ',
  'records.jsonl\0.txt',
  'rec\u043erds.jsonl',
  '\ufeffrecords.jsonl',
  'pack.zip',
  '',
]

export function otherDirectory(world, chance) {
  const { members } = pick(world.packs, chance)
  const entries = [...members].map(([name, bytes], at) => ({ name, bytes, described: at % 3 === 0 }))
  if (chance(4) === 0) {
    const name = pick(NAMES, chance)
    const zip = zipOf([...entries, { name, bytes: Buffer.from('x') }])
    return { name: `a member named ${JSON.stringify(name)}`, zip, leaf: null }
  }
  const [name, edit] = pick(EDITS, chance)
  const sound = zipOf(entries)
  const zip = edit(readZip(sound), chance(entries.length), chance)
  return { name, zip, leaf: null, isAlike: zip.equals(sound) }
}

/** What stands before the directory, its entries, and the end. */
function readZip(bytes) {
  const from = bytes.readUInt32LE(bytes.length - 6)
  const listing = []
  for (let at = from; at < bytes.length - 22;) {
    const end = at + 46 + bytes.readUInt16LE(at + 28)
    listing.push(bytes.subarray(at, end))
    at = end
  }
  return { bytes, body: bytes.subarray(0, from), listing, end: bytes.subarray(-22) }
}

function written({ body, listing, end }) {
  const directory = Buffer.concat(listing)
  const own = Buffer.from(end)
  own.writeUInt16LE(listing.length, 8)
  own.writeUInt16LE(listing.length, 10)
  own.writeUInt32LE(directory.length, 12)
  own.writeUInt32LE(body.length, 16)
  return Buffer.concat([body, directory, own])
}

const withEntry = (zip, at, edit) => ({ ...zip, listing: zip.listing.with(at, edit(zip.listing[at])) })

const shifted = (zip, before) => ({
  ...zip,
  body: Buffer.concat([before, zip.body]),
  listing: zip.listing.map((entry) => word(entry, 42, entry.readUInt32LE(42) + before.length)),
})

function word(bytes, at, value) {
  const altered = Buffer.from(bytes)
  altered.writeUInt32LE(value, at)
  return altered
}

/** With a field behind the name, whose length stands at a place. */
function grown(entry, at, field) {
  const altered = Buffer.concat([entry, field])
  altered.writeUInt16LE(field.length, at)
  return altered
}

function flipped(bytes, at) {
  const altered = Buffer.from(bytes)
  altered[at] ^= 1
  return altered
}

const spliced = (bytes, at, length, other) =>
  Buffer.concat([bytes.subarray(0, at), other, bytes.subarray(at + length)])
