import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { afterEach, describe, expect, it } from '@jest/globals'
import {
  cosignNote,
  leafHash,
  openEdge,
  proveConsistency,
  rawPublicKey,
  readNote,
  signatureLine,
  signNote,
  writeCheckpoint,
  writeNote,
  writeNoteKey,
} from '@writ/audit'
import type { NoteKey } from '@writ/audit'
import type { Clock } from '../clock.ts'
import { ConfigSchema } from '../config.ts'
import { Settings } from '../settings.ts'
import { cosign, lastSeenBy } from './witness-client.ts'
import type { CosigningRequest } from './witness-client.ts'
import { startWitness } from './witness.fixture.ts'
import { Witnesses } from './witnesses.ts'

const [logKey, witnessKey] = [
  generateKeyPairSync('ed25519').privateKey,
  generateKeyPairSync('ed25519').privateKey,
]
const publicOf = (key: typeof logKey) => Buffer.from(rawPublicKey(key), 'base64url')
const log: NoteKey = { name: 'audit.example/log', type: 'log', publicKey: publicOf(logKey) }
const own: NoteKey = { name: 'witness.example', type: 'witness', publicKey: publicOf(witnessKey) }
const leaves = Array.from({ length: 20 }, (_, at) => leafHash(`leaf ${at}`))

function requestOf(size: number, lastSeen = 0): CosigningRequest {
  const edge = openEdge(0, [])
  for (const leaf of leaves.slice(0, size)) edge.append(leaf)
  const text = writeCheckpoint({ origin: log.name, size, root: edge.root() })
  const note = { text, signatures: [signNote(text, log, logKey)] }
  const read = async () => Buffer.concat(leaves.slice(0, size))
  return {
    note,
    source: writeNote(note),
    size,
    lastSeen,
    proofFrom: (from) => proveConsistency(read, from, size),
  }
}

const closings: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closings.splice(0)) await close()
})

/** A witness that answers every request in one way. */
async function answering(
  status: number,
  text: string,
  headers: Record<string, string> = {},
  onAsked: () => void = () => undefined,
) {
  let asked = 0
  const server: Server = createServer((request, response) => {
    asked += 1
    onAsked()
    request.resume().on('end', () => response.writeHead(status, headers).end(text))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  closings.push(async () => {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { place: { key: own, url: `http://127.0.0.1:${address.port}` }, asked: () => asked }
}

describe('a witness that is asked', () => {
  it('is told the size that it saw when it says that it saw another', async () => {
    const witness = await startWitness()
    closings.push(witness.close)
    witness.watch([log])
    expect(await cosign(witness, requestOf(7))).toMatchObject({ kind: 'cosigned' })
    expect(await cosign(witness, requestOf(13))).toMatchObject({ kind: 'cosigned' })
    expect(await cosign(witness, requestOf(20, 13))).toMatchObject({ kind: 'cosigned' })
    expect(await cosign(witness, requestOf(7, 7))).toEqual({
      kind: 'disputed',
      detail: 'it says that it saw 20 leaves',
    })
    expect(readNote((await lastSeenBy(witness, log.name)) ?? '')?.text).toBe(requestOf(20).note.text)
    expect(await lastSeenBy(witness, 'other')).toBeNull()
  })

  it.each([
    ['with nothing', 200, ''],
    ['with rubbish', 200, 'x'.repeat(1000)],
    ['with more than an answer has', 200, 'x'.repeat(100_000)],
    [
      'with the cosignature of another checkpoint',
      200,
      signatureLine(cosignNote(requestOf(8).note.text, { key: own, privateKey: witnessKey }, 5)),
    ],
    [
      'with a cosignature of another key',
      200,
      signatureLine(cosignNote(requestOf(7).note.text, { key: own, privateKey: logKey }, 5)),
    ],
    [
      'with a signature as a log makes them',
      200,
      signatureLine(signNote(requestOf(7).note.text, own, witnessKey)),
    ],
    ['that it is broken', 500, ''],
    ['with a size that is none', 409, '-1\n'],
  ])('and answers %s is away', async (_, status, text) => {
    const { place } = await answering(status, text)
    expect((await cosign(place, requestOf(7))).kind).toBe(status === 409 ? 'disputed' : 'away')
  })

  it('and sends us elsewhere is not followed', async () => {
    const elsewhere = await answering(
      200,
      signatureLine(cosignNote(requestOf(7).note.text, { key: own, privateKey: witnessKey }, 5)),
    )
    const { place } = await answering(307, '', { location: `${elsewhere.place.url}/add-checkpoint` })
    expect((await cosign(place, requestOf(7))).kind).toBe('away')
    expect(elsewhere.asked()).toBe(0)
  })

  it('and says another size each time is not asked for ever', async () => {
    const { place, asked } = await answering(409, '3\n')
    expect(await cosign(place, requestOf(7))).toEqual({
      kind: 'disputed',
      detail: 'it finds no growth from 3 leaves: 409',
    })
    expect(asked()).toBe(2)
    const ahead = await answering(409, '999999999\n')
    expect(await cosign(ahead.place, requestOf(7))).toEqual({
      kind: 'disputed',
      detail: 'it says that it saw 999999999 leaves',
    })
    expect(ahead.asked()).toBe(1)
  })

  it('and is not there is away', async () => {
    const place = { key: own, url: 'http://127.0.0.1:1' }
    expect((await cosign(place, requestOf(7))).kind).toBe('away')
    expect(await lastSeenBy(place, log.name)).toBe('away')
  })
})

describe('witnesses of a control plane', () => {
  const given = (url: string, clock: Clock) =>
    new Witnesses(
      new Settings(
        ConfigSchema.parse({
          DATABASE_URL: 'postgres://127.0.0.1/writ',
          WRIT_MASTER_KEY: randomBytes(32).toString('base64url'),
          WRIT_JOIN_SECRET: 'x'.repeat(32),
          WRIT_OPERATOR_KEY: 'x'.repeat(32),
          WRIT_AUDIT_WITNESSES: `${writeNoteKey(own)} ${url}`,
        }),
      ),
      clock,
    )
  const line = signatureLine(cosignNote(requestOf(7).note.text, { key: own, privateKey: witnessKey }, 5))

  it.each([
    ['is asked for every log when it answers', 1000, 3],
    ['that takes its time is heard, and not asked for the next log', 3000, 1],
  ])('one %s', async (_, tookMs, times) => {
    let nowMs = 1_800_000_000_000
    const { place, asked } = await answering(200, line, {}, () => void (nowMs += tookMs))
    const witnesses = given(place.url, { nowMs: () => nowMs })
    const [witness] = witnesses.places
    if (witness === undefined) throw new Error('one is configured')
    expect(await witnesses.cosign(witness, requestOf(7))).toMatchObject({ kind: 'cosigned' })
    for (let more = 0; more < 2; more += 1) await witnesses.cosign(witness, requestOf(7))
    expect(asked()).toBe(times)
    nowMs += 31_000
    expect(await witnesses.cosign(witness, requestOf(7))).toMatchObject({ kind: 'cosigned' })
  })
})
