import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { rawPublicKey } from '../node-key.ts'
import { writeCheckpoint } from './checkpoint.ts'
import { leavesOf, naiveProof, naiveRoot } from './naive.fixture.ts'
import { signNote, writeNote } from './note.ts'
import type { NoteKey } from './note-key.ts'
import { logKeysOf, readAsked, weighGrowth } from './witness.ts'
import { writeWitnessRequest } from './witness-request.ts'

const { privateKey } = generateKeyPairSync('ed25519')
const publicKey = Buffer.from(rawPublicKey(privateKey), 'base64url')
const ORIGIN = 'audit.example/log'
const logs: NoteKey[] = [{ name: 'audit.example/*', type: 'log', publicKey }]
const leaves = leavesOf(20)
const headOf = (size: number, of = leaves) => ({ size, root: naiveRoot(of.slice(0, size)) })

function noteOf(size: number, { origin = ORIGIN, of = leaves, key = privateKey } = {}): string {
  const text = writeCheckpoint({ origin, ...headOf(size, of) })
  const noteKey: NoteKey = {
    name: origin,
    type: 'log',
    publicKey: Buffer.from(rawPublicKey(key), 'base64url'),
  }
  return writeNote({ text, signatures: [signNote(text, noteKey, key)] })
}

const proofOf = (from: number, to: number, of = leaves) => naiveProof(from, of.slice(0, to))

function answer(body: string, seen: number | null): number | string {
  const asked = readAsked(body, logs)
  if ('status' in asked) return asked.status
  const weighed = weighGrowth(asked, seen === null ? null : headOf(seen))
  if (!('status' in weighed)) return 'cosigned'
  return weighed.seen === undefined ? weighed.status : `${weighed.status} ${weighed.seen}`
}

describe('a witness', () => {
  it('cosigns the first checkpoint, growth, and the same once more', () => {
    expect(answer(writeWitnessRequest({ oldSize: 0, proof: [], note: noteOf(7) }), null)).toBe('cosigned')
    expect(answer(writeWitnessRequest({ oldSize: 7, proof: proofOf(7, 13), note: noteOf(13) }), 7)).toBe(
      'cosigned',
    )
    expect(answer(writeWitnessRequest({ oldSize: 8, proof: proofOf(8, 13), note: noteOf(13) }), 8)).toBe(
      'cosigned',
    )
    expect(answer(writeWitnessRequest({ oldSize: 13, proof: [], note: noteOf(13) }), 13)).toBe('cosigned')
  })

  it('says what it saw when it is told of another size', () => {
    expect(answer(writeWitnessRequest({ oldSize: 0, proof: [], note: noteOf(13) }), 7)).toBe('409 7')
    expect(answer(writeWitnessRequest({ oldSize: 9, proof: proofOf(9, 13), note: noteOf(13) }), 7)).toBe(
      '409 7',
    )
    expect(answer(writeWitnessRequest({ oldSize: 5, proof: proofOf(5, 6), note: noteOf(6) }), 7)).toBe(
      '409 7',
    )
  })

  it('cosigns no other history: neither of the same size, nor of a larger one, nor a shorter log', () => {
    const fork = leavesOf(20, 1)
    expect(answer(writeWitnessRequest({ oldSize: 7, proof: [], note: noteOf(7, { of: fork }) }), 7)).toBe(
      '409 7',
    )
    const forged = writeWitnessRequest({
      oldSize: 7,
      proof: proofOf(7, 13, fork),
      note: noteOf(13, { of: fork }),
    })
    expect(answer(forged, 7)).toBe(422)
    expect(answer(writeWitnessRequest({ oldSize: 7, proof: [], note: noteOf(13) }), 7)).toBe(422)
    expect(answer(writeWitnessRequest({ oldSize: 0, proof: proofOf(7, 13), note: noteOf(13) }), null)).toBe(
      422,
    )
    expect(answer(writeWitnessRequest({ oldSize: 13, proof: [], note: noteOf(7) }), 13)).toBe(400)
  })

  it('takes no log that it does not watch, no other key, and nothing malformed', () => {
    const stranger = generateKeyPairSync('ed25519').privateKey
    expect(
      answer(
        writeWitnessRequest({ oldSize: 0, proof: [], note: noteOf(7, { origin: 'other.example/log' }) }),
        null,
      ),
    ).toBe(404)
    expect(
      answer(
        writeWitnessRequest({ oldSize: 0, proof: [], note: noteOf(7, { origin: 'audit.example/' }) }),
        null,
      ),
    ).toBe(404)
    expect(
      answer(writeWitnessRequest({ oldSize: 0, proof: [], note: noteOf(7, { key: stranger }) }), null),
    ).toBe(403)
    expect(answer('old 0\n\nhello\n', null)).toBe(400)
    expect(answer('', null)).toBe(400)
  })

  it('knows the keys of a log by its name, or by what its name begins with', () => {
    const exact: NoteKey = { name: ORIGIN, type: 'log', publicKey }
    expect(logKeysOf([exact], ORIGIN)).toEqual([exact])
    expect(logKeysOf([exact], `${ORIGIN}/1`)).toEqual([])
    expect(logKeysOf(logs, `${ORIGIN}/1`)).toEqual([{ ...exact, name: `${ORIGIN}/1` }])
    expect(logKeysOf(logs, 'audit.example.evil/log')).toEqual([])
    expect(logKeysOf([{ ...exact, type: 'witness' }], ORIGIN)).toEqual([])
  })
})
