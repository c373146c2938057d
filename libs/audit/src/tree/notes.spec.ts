import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { rawPublicKey } from '../node-key.ts'
import { openCheckpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts'
import { leafHash } from './hashes.ts'
import { proveInclusion } from './inclusion.ts'
import { leavesOf, naiveRoot, naiveTiles } from './naive.fixture.ts'
import {
  cosignedAtSeconds,
  cosignNote,
  readNote,
  readSignatureLine,
  signatureLine,
  signersOf,
  signNote,
  writeNote,
} from './note.ts'
import type { NoteKey } from './note-key.ts'
import { noteKeyId, readNoteKey, writeNoteKey } from './note-key.ts'
import { openTlogProof, readTlogProof, writeTlogProof } from './tlog-proof.ts'
import { readWitnessRequest, writeWitnessRequest } from './witness-request.ts'

// From the tests of golang.org/x/mod/sumdb/note, from C2SP signed-note and tlog-cosignature, and from the tests of transparency-dev/formats.
const PETER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
const PETER_SEED = 'AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz'
const ENOCH = 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop'
const TEXT =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
const PETER_LINE =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n'
const ENOCH_LINE =
  '— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n'
const SPEC_KEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'
const SPEC_NOTE =
  'This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n'
const COSIGNED_1727964367 =
  '— witness.example ZGhGuQAAAABm/qTPeyKXD+R2rzyQsxPiP8mXum7qq/iF0u4vanlqJyocWODBt97w9uL+8qT7S5gxEHWWOworDcFiEBYJXORmnFBOBA=='

const keyLine = (line: string): NoteKey => {
  const key = readNoteKey(line)
  if (key === null) throw new Error('a published key is a key')
  return key
}
const seedKey = (seed: Uint8Array): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
    format: 'der',
    type: 'pkcs8',
  })
const someKey = (name: string, type: NoteKey['type'] = 'log') => {
  const { privateKey } = generateKeyPairSync('ed25519')
  return { privateKey, key: { name, type, publicKey: Buffer.from(rawPublicKey(privateKey), 'base64url') } }
}

describe('a signed note', () => {
  const [peter, enoch] = [keyLine(PETER), keyLine(ENOCH)]

  it('is signed byte for byte as the published one', () => {
    const privateKey = seedKey(Buffer.from(PETER_SEED, 'base64').subarray(1))
    expect(signatureLine(signNote(TEXT, peter, privateKey))).toBe(PETER_LINE)
    expect(noteKeyId(peter)).toBe(0xc74f20a3)
    expect([PETER, ENOCH, SPEC_KEY].map((line) => writeNoteKey(keyLine(line)))).toEqual([
      PETER,
      ENOCH,
      SPEC_KEY,
    ])
  })

  it('names, of the keys that are known, those that signed it', () => {
    const note = readNote(`${TEXT}\n${PETER_LINE}${ENOCH_LINE}`)
    if (note === null) throw new Error('the published note is a note')
    expect(note.text).toBe(TEXT)
    expect(signersOf(note, [peter, enoch])).toEqual([peter, enoch])
    expect(signersOf(note, [enoch])).toEqual([enoch])
    expect(signersOf(note, [])).toEqual([])
    expect(writeNote(note)).toBe(`${TEXT}\n${PETER_LINE}${ENOCH_LINE}`)
    const spec = readNote(SPEC_NOTE)
    expect(spec && signersOf(spec, [keyLine(SPEC_KEY)])).toHaveLength(1)
  })

  it('is refused whole when one signature of a known key does not hold', () => {
    const forged = readNote(`${TEXT.replace('answer', 'question')}\n${PETER_LINE}`)
    expect(forged && signersOf(forged, [peter])).toBeNull()
    const swapped = ENOCH_LINE.replace('/5n2', '/5n3')
    const half = readNote(`${TEXT}\n${PETER_LINE}${swapped}`)
    expect(half && signersOf(half, [peter, enoch])).toBeNull()
  })

  it('is read in its one form only', () => {
    const good = `${TEXT}\n${PETER_LINE}`
    expect(readNote(good)).not.toBeNull()
    const refused = [
      good.slice(0, -1),
      `${good}\n`,
      good.replaceAll('\n', '\r\n'),
      `${TEXT}${PETER_LINE}`,
      `${TEXT}\n`,
      `${TEXT}\n${PETER_LINE}not a signature\n`,
      `${TEXT}\n${PETER_LINE.replace('—', '-')}`,
      `${TEXT}\n${PETER_LINE.replace('PeterNeumann', 'Peter+Neumann')}`,
      `${TEXT}\n${PETER_LINE.replace('PeterNeumann', 'Peter\u2003Neumann')}`,
      `${TEXT}\n${PETER_LINE.replace('nAM=', 'nAM')}`,
      // bits that the padding hides
      `${TEXT}\n${PETER_LINE.replace('nAM=', 'nAN=')}`,
      `${TEXT}\n${PETER_LINE.replace(' x08g', '  x08g')}`,
      `${TEXT}\0\n${PETER_LINE}`,
      `${TEXT.replace('answer', '\ud800')}\n${PETER_LINE}`,
      `${TEXT}\n${PETER_LINE.repeat(65)}`,
      '',
      '\n',
    ]
    for (const [at, source] of refused.entries())
      expect({ at, read: readNote(source) }).toEqual({ at, read: null })
    expect(readNote(`${TEXT}\n${PETER_LINE.repeat(16)}`)).not.toBeNull()
  })

  it('may have empty lines in its text: the last one ends it', () => {
    const { key, privateKey } = someKey('log.example')
    const text = `one\n\n${PETER_LINE}\nthree\n`
    const written = writeNote({ text, signatures: [signNote(text, key, privateKey)] })
    const note = readNote(written)
    expect(note?.text).toBe(text)
    expect(note && signersOf(note, [key, peter])).toEqual([key])
  })

  it('is not signed when it could not be read again', () => {
    const { key, privateKey } = someKey('log.example')
    for (const text of ['no newline', 'a\tb\n', '\ud800\n'])
      expect(() => signNote(text, key, privateKey)).toThrow(TypeError)
  })
})

describe('a key line', () => {
  it('is refused when any part of it is cut off or one byte of it is another', () => {
    for (let from = 0; from < PETER.length; from += 1)
      for (let to = from + 1; to <= PETER.length; to += 1)
        if (to - from < PETER.length) expect(readNoteKey(PETER.slice(from, to))).toBeNull()
    for (let at = 0; at < PETER.length; at += 1) {
      const changed = `${PETER.slice(0, at)}${String.fromCodePoint((PETER.codePointAt(at) ?? 0) + 1)}${PETER.slice(at + 1)}`
      expect(readNoteKey(changed)).toBeNull()
    }
  })

  it('of another length or algorithm is refused, with the id that would be right', () => {
    expect(
      readNoteKey('PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY=='),
    ).toBeNull()
    expect(readNoteKey('PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW')).toBeNull()
  })
})

describe('a checkpoint', () => {
  const log = someKey('log.example/7')
  const witness = someKey('witness.example', 'witness')
  const root = naiveRoot(leavesOf(7))
  const text = writeCheckpoint({ origin: 'log.example/7', size: 7, root })
  const known = { origin: 'log.example/7', log: [log.key], witnesses: [witness.key] }
  const signed = writeNote({ text, signatures: [signNote(text, log.key, log.privateKey)] })

  it('is opened with the witnesses that cosigned it', () => {
    const cosigned = `${signed}${signatureLine(cosignNote(text, witness, 1_727_964_367))}`
    const opened = openCheckpoint(cosigned, known)
    expect(opened?.checkpoint).toEqual({ origin: 'log.example/7', size: 7, root, extensions: [] })
    expect(opened?.witnesses).toEqual([witness.key])
    expect(opened?.note.signatures.map(cosignedAtSeconds)).toEqual([null, 1_727_964_367])
    expect(openCheckpoint(signed, known)?.witnesses).toEqual([])
  })

  it('reads the time of a published cosignature', () => {
    const signature = readSignatureLine(COSIGNED_1727964367)
    expect(signature && cosignedAtSeconds(signature)).toBe(1_727_964_367)
  })

  it('is refused with another origin, without a key of the log, or with a forged cosignature', () => {
    const stranger = someKey('log.example/7')
    const byStranger = writeNote({ text, signatures: [signNote(text, stranger.key, stranger.privateKey)] })
    const onlyWitness = writeNote({ text, signatures: [cosignNote(text, witness, 5)] })
    const late = cosignNote(text, witness, 5)
    const redated = Buffer.from(late.bytes)
    redated.writeBigUInt64BE(6n)
    expect(openCheckpoint(signed, { ...known, origin: 'log.example/8' })).toBeNull()
    expect(openCheckpoint(byStranger, known)).toBeNull()
    expect(openCheckpoint(onlyWitness, known)).toBeNull()
    expect(openCheckpoint(`${signed}${signatureLine({ ...late, bytes: redated })}`, known)).toBeNull()
    // the log's key must not count as a witness, nor a witness's as the log
    expect(openCheckpoint(onlyWitness, { ...known, log: [witness.key] })).toBeNull()
  })

  it('has one form', () => {
    const rootText = root.toString('base64')
    const refused = [
      `o\n07\n${rootText}\n`,
      `o\n-7\n${rootText}\n`,
      `o\n7\n`,
      `o\n7\nAAAA\n`,
      `\n7\n${rootText}\n`,
      `o\n7\n${rootText}\n\next\n`,
      `o\n7\n${rootText}`,
      `o\n9007199254740993\n${rootText}\n`,
    ]
    for (const form of refused) expect({ form, read: readCheckpoint(form) }).toEqual({ form, read: null })
    expect(readCheckpoint(`o\n0\n${rootText}\nmore\n`)?.extensions).toEqual(['more'])
  })
})

describe('what is asked of a witness', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.nat(63), (old, lines) => {
        const request = { oldSize: Math.abs(old), proof: leavesOf(lines), note: SPEC_NOTE }
        expect(readWitnessRequest(writeWitnessRequest(request))).toEqual(request)
      }),
      { numRuns: 30 },
    )
  })

  it('is refused in any other form', () => {
    const refused = [
      `old 01\n\n${SPEC_NOTE}`,
      `old -1\n\n${SPEC_NOTE}`,
      `new 1\n\n${SPEC_NOTE}`,
      `old 1\nAAAA\n\n${SPEC_NOTE}`,
      'old 1\n',
      writeWitnessRequest({ oldSize: 1, proof: leavesOf(64), note: SPEC_NOTE }),
    ]
    for (const body of refused) expect({ body, read: readWitnessRequest(body) }).toEqual({ body, read: null })
  })
})

describe('a tlog-proof', () => {
  it('shows, in one text, that a record is in the log', async () => {
    const log = someKey('log.example/7')
    const leaves = [...leavesOf(6), leafHash('the record')]
    const text = writeCheckpoint({
      origin: 'log.example/7',
      size: 7,
      root: naiveRoot(leaves.map((leaf) => Buffer.from(leaf))),
    })
    const note = writeNote({ text, signatures: [signNote(text, log.key, log.privateKey)] })
    const read = naiveTiles(leaves.map((leaf) => Buffer.from(leaf)))
    const proof = writeTlogProof({
      index: 6,
      proof: await proveInclusion(read, 6, 7),
      note,
      extra: Buffer.from('x'),
    })
    const known = { origin: 'log.example/7', log: [log.key] }
    expect(proof.split('\n').slice(0, 3)).toEqual(['c2sp.org/tlog-proof@v1', 'extra eA==', 'index 6'])
    expect(openTlogProof(proof, leafHash('the record'), known)?.index).toBe(6)
    expect(openTlogProof(proof, leafHash('another record'), known)).toBeNull()
    expect(openTlogProof(proof.replace('index 6', 'index 5'), leafHash('the record'), known)).toBeNull()
    expect(
      openTlogProof(proof, leafHash('the record'), { ...known, log: [someKey('log.example/7').key] }),
    ).toBeNull()
    expect(readTlogProof(proof.replace('index 6', 'index 06'))).toBeNull()
    expect(readTlogProof(proof.replace('@v1', '@v2'))).toBeNull()
    expect(readTlogProof(proof.replace('eA==', 'eA='))).toBeNull()
    expect(readTlogProof('')).toBeNull()
  })
})
