import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import {
  ArchiveConflict,
  leafHash,
  openEdge,
  rawPublicKey,
  signNote,
  tilePath,
  writeCheckpoint,
  writeNote,
  writeNoteKey,
} from '@writ/audit'
import type { NoteKey, TileReader } from '@writ/audit'
import { systemClock } from '../clock.ts'
import { ConfigSchema } from '../config.ts'
import { Settings } from '../settings.ts'
import { createDirectoryArchive } from './archive-directory.ts'
import { checkpointName, forkName } from './archive-names.ts'
import { createS3Archive } from './archive-s3.ts'
import { LogCopies } from './copies.ts'
import { archivePlaceOf, isLogOrigin, witnessPlaceOf } from './places.ts'
import { Witnesses } from './witnesses.ts'
import { startS3 } from './s3.fixture.ts'
import type { S3Server } from './s3.fixture.ts'

let root: string
let s3: S3Server

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'writ-copies-'))
  s3 = await startS3(join(root, 's3'))
})
afterAll(async () => {
  await s3.close()
  await rm(root, { recursive: true, force: true })
})

const { privateKey } = generateKeyPairSync('ed25519')
const key: NoteKey = {
  name: 'audit.example/log',
  type: 'log',
  publicKey: Buffer.from(rawPublicKey(privateKey), 'base64url'),
}
const LOG = { logId: 'log', epoch: 0, origin: key.name, keys: [key] }

const copiesTo = (archives: string): LogCopies => {
  const config = ConfigSchema.parse({
    DATABASE_URL: 'postgres://127.0.0.1/writ',
    WRIT_MASTER_KEY: randomBytes(32).toString('base64url'),
    WRIT_JOIN_SECRET: 'x'.repeat(32),
    WRIT_OPERATOR_KEY: 'x'.repeat(32),
    WRIT_AUDIT_ARCHIVE: archives,
    WRIT_AUDIT_ARCHIVE_KEY_ID: 'S3RVER',
    WRIT_AUDIT_ARCHIVE_SECRET: 'S3RVER',
  })
  const settings = new Settings(config)
  return new LogCopies(settings, systemClock, new Witnesses(settings, systemClock))
}

/** A tree with its tiles and its signed checkpoint. */
function treeOf(
  size: number,
  of = 'leaf',
): { note: string; size: number; root: Uint8Array; read: TileReader } {
  const edge = openEdge(0, [])
  for (let at = 0; at < size; at += 1) edge.append(leafHash(`${of} ${at}`))
  const tiles = new Map(edge.takeTiles().map((tile) => [`${tile.level}/${tile.index}`, tile.hashes]))
  const text = writeCheckpoint({ origin: key.name, size, root: edge.root() })
  return {
    size,
    root: edge.root(),
    note: writeNote({ text, signatures: [signNote(text, key, privateKey)] }),
    read: async ({ level, index }) => tiles.get(`${level}/${index}`) ?? Buffer.alloc(0),
  }
}

describe('copies of a log', () => {
  it('are in every archive, a folder and a store, with all tiles, and are remembered as its head', async () => {
    const folder = join(root, 'both')
    const copies = copiesTo(`file://${folder}, s3://copies/logs?endpoint=${s3.place.endpoint}`)
    expect(await copies.heads(LOG)).toEqual([])
    for (const size of [3, 300, 300, 700]) {
      const tree = treeOf(size)
      await copies.put(LOG, tree, tree.read)
      const heads = await copies.heads(LOG)
      expect(heads.map((head) => ('head' in head ? head.head.size : head.fault))).toEqual([size, size])
    }
    const store = createS3Archive({ ...s3.place, prefix: 'logs' })
    for (const archive of [createDirectoryArchive(folder), store]) {
      for (const tile of [
        { level: 0, index: 0, width: 3 },
        { level: 0, index: 0, width: 256 },
        { level: 0, index: 1, width: 44 },
        { level: 0, index: 2, width: 188 },
        { level: 1, index: 0, width: 2 },
      ])
        expect(await archive.get(`log/0/${tilePath(tile)}`)).toHaveLength(tile.width * 32)
    }
  })

  it('are a fault when the newest is none of this log, or the epoch ended', async () => {
    const folder = join(root, 'faults')
    const [copies, archive] = [copiesTo(`file://${folder}`), createDirectoryArchive(folder)]
    const tree = treeOf(5)
    await copies.put(LOG, tree, tree.read)
    await archive.put(checkpointName('log', 0, 6), Buffer.from('forged'), new Date())
    expect(await copies.heads(LOG)).toEqual([
      { by: 'archive 1', fault: 'the newest checkpoint in archive 1 is none of this log' },
    ])
    await archive.put(forkName('log', 1), Buffer.from('notice'), new Date())
    expect(await copies.heads(LOG)).toEqual([
      { by: 'archive 1', fault: 'archive 1 keeps the notice that epoch 0 of this log ended' },
    ])
    expect((await readdir(folder)).toSorted()).toEqual(['log'])
  })

  it('are a fault when an old checkpoint stands by the name of a newer one', async () => {
    const folder = join(root, 'hidden')
    const [copies, archive] = [copiesTo(`file://${folder}`), createDirectoryArchive(folder)]
    for (const tree of [treeOf(5), treeOf(9)]) await copies.put(LOG, tree, tree.read)
    await archive.put(checkpointName('log', 0, 10_000), Buffer.from(treeOf(5).note), new Date())
    expect(await copies.heads(LOG)).toEqual([
      { by: 'archive 1', fault: 'the newest checkpoint in archive 1 is none of this log' },
    ])
    await expect(copies.put(LOG, treeOf(12), treeOf(12).read)).rejects.toThrow('is none of this log')
  })

  it('are compared with what an archive has meanwhile: of the same size, or further', async () => {
    const copies = copiesTo(`file://${join(root, 'meanwhile')}`)
    const put = (tree: ReturnType<typeof treeOf>) => copies.put(LOG, tree, tree.read)
    await put(treeOf(300))
    await put(treeOf(300))
    await expect(put(treeOf(300, 'other'))).rejects.toThrow(ArchiveConflict)
    for (const size of [1, 255, 256, 257, 299]) {
      await put(treeOf(size))
      await expect(put(treeOf(size, 'other'))).rejects.toThrow(ArchiveConflict)
    }
    expect(await copies.heads(LOG)).toMatchObject([{ head: { size: 300 } }])
  })

  it('are not asked past an archive that does not answer: nothing is signed then', async () => {
    await expect(copiesTo('s3://copies?endpoint=http://127.0.0.1:1').heads(LOG)).rejects.toThrow()
  })
})

describe('the configuration', () => {
  it('names archives and witnesses in one form', () => {
    expect(archivePlaceOf('file:///var/lib/writ?keep-days=30')).toEqual({
      kind: 'directory',
      path: '/var/lib/writ',
      keepDays: 30,
    })
    expect(archivePlaceOf('s3://my-copies/a/b?region=eu-central-1&lock=compliance')).toEqual({
      kind: 's3',
      bucket: 'my-copies',
      prefix: 'a/b',
      endpoint: 'https://s3.eu-central-1.amazonaws.com',
      region: 'eu-central-1',
      keepDays: 400,
      lock: 'COMPLIANCE',
    })
    const refused = [
      '/var/lib/writ',
      'file://host/x',
      'ftp://x/y',
      's3://B/x',
      's3://bucket?lock=maybe',
      's3://bucket?endpoint=https://x/path',
      'file:///x?keep-days=0',
    ]
    for (const text of refused) expect({ text, place: archivePlaceOf(text) }).toEqual({ text, place: null })
    const line = 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop'
    expect(witnessPlaceOf(`${line} https://witness.example`)).toBeNull()
    expect(witnessPlaceOf('x https://witness.example')).toBeNull()
  })

  it('have names of ASCII: no pack with another one would be read', () => {
    const publicKey = generateKeyPairSync('ed25519')
      .publicKey.export({ format: 'der', type: 'spki' })
      .subarray(-32)
    const lineOf = (name: string) => writeNoteKey({ name, type: 'witness', publicKey })
    const places = ['witness.example', 'w\u00edtness.example'].map((name) =>
      witnessPlaceOf(`${lineOf(name)} https://witness.example`),
    )
    expect(places.map((place) => place === null)).toEqual([false, true])
    expect(['audit.example/log', 'audit.ex\u00e1mple/log'].map(isLogOrigin)).toEqual([true, false])
  })
})
