import { createHash, verify, createPublicKey } from 'node:crypto'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import {
  canonical,
  consistencyHolds,
  inclusionHolds,
  leafHash,
  noteKeyId,
  openCheckpoint,
  openTlogProof,
  readNote,
  signersOf,
} from '@writ/audit'
import { createTestNode } from '@writ/postgres/testing'
import { OPERATOR_KEY } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { LogKeys, PUBLISHED_FIRST_MS } from './log-keys.ts'
import { LogSealing } from './log-sealing.ts'
import { givenLogs, keyOf } from './logs.fixture.ts'
import type { Logged, Logs } from './logs.fixture.ts'
import { Witnesses } from './witnesses.ts'

jest.setTimeout(60_000)

let world: Logs
let plane: ControlPlane

beforeAll(async () => {
  world = await givenLogs()
  plane = world.plane
})
afterAll(() => world?.close())

const seal = () => world.seal()
const givenLog = (length: number) => world.givenLog(length)
const trusted = (log: Logged) => world.trusted(log)
const asIntruder = (...statements: readonly string[]) => world.asIntruder(...statements)
const bytes = (hex: string) => Buffer.from(hex, 'hex')
const recordOf = ({ stream }: Logged, seq: number): string => stream.batch(seq, seq + 1).records[0] ?? ''

describe('a log', () => {
  it('is sealed with a checkpoint, from which every record is proved away from here', async () => {
    const log = await givenLog(700)
    expect((await log.get('checkpoint')).status).toBe(404)
    await log.ingest(0, 300)
    await seal()
    await log.ingest(300, 700)
    await seal()
    const { body } = await log.get('checkpoint')
    const known = await trusted(log)
    const opened = openCheckpoint(body.checkpoint.note, known)
    expect(opened?.checkpoint).toMatchObject({ size: 700, origin: known.origin })
    expect(opened?.witnesses).toEqual(known.witnesses)
    expect(body).toMatchObject({ leaves: 700, epoch: 0, stopped: null, archivedSize: 700 })
    for (const leaf of [0, 255, 256, 299, 300, 511, 699]) {
      const proof = (await log.get(`proofs/inclusion?leaf=${leaf}`)).body
      const hash = leafHash(recordOf(log, leaf))
      expect(openTlogProof(proof.tlogProof, hash, known)?.index).toBe(leaf)
      expect(
        inclusionHolds(
          { index: leaf, hash },
          { size: 700, root: bytes(proof.root) },
          proof.hashes.map(bytes),
        ),
      ).toBe(true)
    }
    const old = (await log.get('proofs/inclusion?leaf=7&size=300')).body
    expect(old.tlogProof).toBeNull()
    expect(
      inclusionHolds(
        { index: 7, hash: leafHash(recordOf(log, 7)) },
        { size: 300, root: bytes(old.root) },
        old.hashes.map(bytes),
      ),
    ).toBe(true)
    const growth = (await log.get('proofs/consistency?from=300')).body
    const [second, first] = (await log.get('checkpoints')).body.items
    expect([first.size, second.size, growth.fromRoot, growth.toRoot]).toEqual([
      300,
      700,
      first.root,
      second.root,
    ])
    expect(
      consistencyHolds(
        { size: 300, root: bytes(first.root) },
        { size: 700, root: bytes(second.root) },
        growth.hashes.map(bytes),
      ),
    ).toBe(true)
  })

  it('gives its tiles, and nothing that is not sealed', async () => {
    const log = await givenLog(300)
    await log.ingest(0, 300)
    await seal()
    const tile = await fetchBytes(log, 'tiles/0/1?width=44')
    expect(
      tile.equals(Buffer.concat(Array.from({ length: 44 }, (_, at) => leafHash(recordOf(log, 256 + at))))),
    ).toBe(true)
    await log.ingest(300, 300)
    for (const path of [
      'tiles/0/1',
      'tiles/0/1?width=45',
      'tiles/1/0?width=2',
      'tiles/3/0?width=1',
      'tiles/7/0',
      'tiles/0/-1',
      'proofs/inclusion?leaf=300',
      'proofs/inclusion?leaf=0&size=301',
      'proofs/consistency?from=301',
      'proofs/consistency?from=3&to=301',
    ])
      expect({ path, status: (await log.get(path)).status }).toEqual({ path, status: 404 })
    for (const path of [
      'tiles/0/0?width=257',
      'proofs/inclusion',
      'proofs/inclusion?leaf=1&stream=x&seq=1',
      'proofs/consistency',
    ])
      expect({ path, status: (await log.get(path)).status }).toEqual({ path, status: 400 })
  })

  it('proves the record of a receipt, and says when another stands there', async () => {
    const log = await givenLog(5)
    await log.ingest(0, 5)
    await seal()
    const sha256 = createHash('sha256').update(recordOf(log, 3)).digest('hex')
    const at = `proofs/inclusion?stream=${log.stream.id}&seq=3`
    expect((await log.get(`${at}&sha256=${sha256}`)).body).toMatchObject({ leaf: 3, size: 5 })
    expect((await log.get(`${at}&sha256=${'0'.repeat(64)}`)).status).toBe(409)
    expect((await log.get(`proofs/inclusion?stream=${log.stream.id}&seq=5`)).status).toBe(404)
    const other = await givenLog(1)
    await other.ingest(0, 1)
    await seal()
    expect((await other.get(`${at}&sha256=${sha256}`)).status).toBe(404)
  })

  it('has a trust file that every key in use has signed, and a new key is published before it signs', async () => {
    const log = await givenLog(20)
    await log.ingest(0, 10)
    await seal()
    const before = await trusted(log)
    const answer = await plane.ask('POST', '/api/v1/log-keys', { key: OPERATOR_KEY })
    expect(answer.status).toBe(202)
    await log.ingest(10, 11)
    await seal()
    const announced = await trusted(log)
    expect([announced.version, announced.log.length]).toEqual([before.version + 1, before.log.length + 1])
    expect(await signersNow(log)).toEqual([0])
    world.pass(PUBLISHED_FIRST_MS + 1000)
    await log.ingest(11, 20)
    await seal()
    expect(await signersNow(log)).toEqual([1])
    const { body } = await log.get('trust')
    const { signatures, ...said } = body
    expect(body.logKeys[0].until).not.toBeNull()
    expect(signatures).toHaveLength(2)
    for (const { kid, signature } of signatures) {
      const key = announced.log.find((known) => noteKeyId(known).toString(16).padStart(8, '0') === kid)
      const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key?.publicKey ?? []).toString('base64url') }
      const statement = Buffer.from(`writ.trust.v1\n${canonical(said)}`)
      expect(
        verify(
          null,
          statement,
          createPublicKey({ key: jwk, format: 'jwk' }),
          Buffer.from(signature, 'base64url'),
        ),
      ).toBe(true)
    }
    // what the old key signed holds for whoever has the new file
    const [, second] = (await log.get('checkpoints')).body.items
    expect(openCheckpoint(second.note, await trusted(log))?.checkpoint.size).toBe(11)
    world.witness.watch((await plane.ask('GET', '/.well-known/writ-audit.json')).body.anyLog.map(keyOf))
  })

  it('is signed once more after an hour of silence, and not before', async () => {
    const log = await givenLog(3)
    await log.ingest(0, 3)
    await seal()
    await seal()
    expect((await log.get('checkpoints')).body.items).toHaveLength(1)
    world.pass(3_600_001)
    await seal()
    const [again, first] = (await log.get('checkpoints')).body.items
    expect([again.size, again.root, again.globalLeaf > first.globalLeaf]).toEqual([3, first.root, true])
  })

  it('is covered by the global log, which names no tenant', async () => {
    const log = await givenLog(4)
    await log.ingest(0, 4)
    await seal()
    const proof = (await log.get('checkpoint/global')).body
    const { globalName, checkpoint } = (await log.get('checkpoint')).body
    const known = (await plane.ask('GET', '/.well-known/writ-audit.json')).body
    const keys = known.logKeys.map(({ key }: { key: string }) => keyOf(key))
    const opened = openCheckpoint(proof.note, {
      origin: known.origin,
      log: keys,
      witnesses: [world.witness.key],
    })
    expect(opened?.witnesses).toHaveLength(1)
    const leaf = { index: proof.leaf, hash: leafHash(proof.bytes) }
    expect(opened && inclusionHolds(leaf, opened.checkpoint, proof.hashes.map(bytes))).toBe(true)
    const text = readNote(checkpoint.note)?.text ?? ''
    expect(proof.bytes.split('\n').slice(0, 3)).toEqual([
      'writ.global.v1',
      globalName,
      createHash('sha256').update(text).digest('hex'),
    ])
    expect(proof.bytes).not.toContain(log.id)
    const growth = (await log.get('proofs/consistency?from=1&log=global')).body
    const earlier = { size: 1, root: bytes(growth.fromRoot) }
    expect(growth.toRoot).toBe(proof.root)
    expect(opened && consistencyHolds(earlier, opened.checkpoint, growth.hashes.map(bytes))).toBe(true)
    expect(openCheckpoint(known.checkpoint, { origin: known.origin, log: keys })).not.toBeNull()
  })

  it('has write-once copies of its tiles and checkpoints', async () => {
    const log = await givenLog(300)
    await log.ingest(0, 300)
    await seal()
    const [, logId = ''] = (await trusted(log)).origin.split('/')
    const tile = await readFile(join(world.folder, logId, '0/tile/0/000'))
    expect(tile).toHaveLength(8192)
    expect(await readdir(join(world.folder, logId, '0/tile/0/001.p'))).toEqual(['44'])
    const copy = await readFile(join(world.folder, logId, '0/checkpoint/9999/9999/9999/9699.note'), 'utf8')
    expect(copy).toBe((await log.get('checkpoint')).body.checkpoint.note)
  })

  it('is not sealed any more when an archive keeps something else, and its copies catch up when that is mended', async () => {
    const log = await givenLog(8)
    await log.ingest(0, 3)
    await seal()
    const [, logId = ''] = (await trusted(log)).origin.split('/')
    const other = join(world.folder, logId, '0/tile/0/000.p/5')
    await writeFile(other, 'something else')
    await log.ingest(3, 5)
    await seal()
    expect((await log.get('checkpoint')).body).toMatchObject({
      stopped: 'forked: an archive keeps something else by the name of a tile or checkpoint',
      archivedSize: 3,
      checkpoint: { size: 5 },
    })
    await log.ingest(5, 8)
    await seal()
    expect((await log.get('checkpoint')).body.checkpoint.size).toBe(5)
    await rm(other)
    await seal()
    expect((await log.get('checkpoint')).body).toMatchObject({
      stopped: null,
      archivedSize: 8,
      checkpoint: { seq: 3, size: 8 },
    })
  })

  it('is signed no further than one checkpoint beyond an archive that answers and keeps nothing', async () => {
    const log = await givenLog(320)
    await log.ingest(0, 256)
    await seal()
    const [, logId = ''] = (await trusted(log)).origin.split('/')
    const inTheWay = join(world.folder, logId, '0/tile/0/001.p')
    await writeFile(inTheWay, '')
    for (const [from, to] of [
      [256, 300],
      [300, 310],
    ] as const) {
      await log.ingest(from, to)
      await seal()
      expect((await log.get('checkpoint')).body).toMatchObject({
        archivedSize: 256,
        leaves: to,
        checkpoint: { size: 300 },
      })
    }
    await rm(inTheWay)
    await seal()
    expect((await log.get('checkpoint')).body).toMatchObject({ archivedSize: 310, checkpoint: { size: 310 } })
    expect(await readdir(join(world.folder, logId, '0/tile/0/001.p'))).toEqual(['44', '54'])
  })

  it('is sealed while a witness is away, which is said, and cosigned when it is back', async () => {
    const log = await givenLog(10)
    await log.ingest(0, 4)
    world.witness.away(true)
    await seal()
    world.witness.away(false)
    expect(
      openCheckpoint((await log.get('checkpoint')).body.checkpoint.note, await trusted(log))?.witnesses,
    ).toEqual([])
    expect(plane.logged()).toContain('the witness witness.example did not cosign')
    await log.ingest(4, 5)
    await seal()
    // it is let rest for a while: nobody waits for it with every log
    expect((await log.get('checkpoint')).body.checkpoint.note.split('\n')).toHaveLength(6)
    world.pass(31_000)
    await log.ingest(5, 10)
    await seal()
    expect(
      openCheckpoint((await log.get('checkpoint')).body.checkpoint.note, await trusted(log))?.witnesses,
    ).toHaveLength(1)
  })
})

describe('a witness that saw another history', () => {
  it('is said to, once, of the log that it is about', async () => {
    const logs = [await givenLog(4), await givenLog(4)] as const
    for (const log of logs) await log.ingest(0, 2)
    await seal()
    const [disputed] = await Promise.all(logs.map(async (log) => (await trusted(log)).origin))
    const witnesses = plane.app.get(Witnesses)
    const cosign = witnesses.cosign.bind(witnesses)
    const spy = jest
      .spyOn(witnesses, 'cosign')
      .mockImplementation(async (place, request) =>
        request.note.text.startsWith(`${disputed}\n`)
          ? { kind: 'disputed', detail: 'it says that it saw 99 leaves' }
          : cosign(place, request),
      )
    for (const end of [3, 4]) {
      for (const log of logs) await log.ingest(end - 1, end)
      await seal()
    }
    spy.mockRestore()
    const said = `the witness witness.example did not cosign ${disputed}: it says that it saw 99 leaves`
    expect(plane.logged().split(said)).toHaveLength(2)
  })
})

describe('a log that was tampered with', () => {
  it('is not sealed any more when a record below it is another one, and the leaf is named', async () => {
    const log = await givenLog(600)
    await log.ingest(0, 600)
    await seal()
    const [original] = await plane.query<{ bytes: string }>(
      `select encode(bytes, 'hex') as bytes from writ.records where tenant_id = $1 and leaf_index = 401`,
      [log.id],
    )
    await asIntruder(
      `update writ.records set bytes = 'forged' where tenant_id = '${log.id}' and leaf_index = 401`,
    )
    const sealing = plane.app.get(LogSealing)
    const tenant = { id: log.id, slug: log.slug }
    expect([await sealing.patrol(tenant), await sealing.patrol(tenant), await sealing.seal(tenant)]).toEqual([
      true,
      false,
      'stopped',
    ])
    expect((await log.get('checkpoint')).body.stopped).toContain('leaf 401 is not what was sealed')
    expect(plane.logged()).toContain('leaf 401 is not what was sealed')
    expect((await plane.ask('GET', '/healthz')).body).toMatchObject({ status: 'ok', stoppedLogs: 1 })
    await asIntruder(
      `update writ.records set bytes = decode('${original?.bytes}', 'hex') where tenant_id = '${log.id}' and leaf_index = 401`,
    )
    expect(await sealing.seal(tenant)).toBe('sealed')
    expect((await log.get('checkpoint')).body.stopped).toBeNull()
  })

  it('is not sealed any more when a record below it is gone, or a tile is another one', async () => {
    const logs = [await givenLog(300), await givenLog(300), await givenLog(300), await givenLog(300)] as const
    const [gone, tile, edge, last] = logs
    for (const log of logs) await log.ingest(0, 300)
    await seal()
    await asIntruder(
      `delete from writ.records where tenant_id = '${gone.id}' and leaf_index = 299`,
      `update writ.log_tiles set hashes = overlay(hashes placing sha256('x') from 33) where tenant_id = '${tile.id}' and level = 0 and index = 0`,
      `update writ.log_tiles set hashes = overlay(hashes placing sha256('x') from 1) where tenant_id = '${edge.id}' and level = 1`,
      `update writ.log_tiles set hashes = overlay(hashes placing sha256('x') from 33) where tenant_id = '${last.id}' and level = 0 and index = 1`,
    )
    const sealing = plane.app.get(LogSealing)
    for (const log of [gone, tile]) for (let at = 0; at < 2; at += 1) await sealing.patrol(log)
    world.pass(3_600_001)
    await seal()
    const stopped = await Promise.all(logs.map(async (log) => (await log.get('checkpoint')).body.stopped))
    expect(stopped).toEqual([
      expect.stringContaining('leaf 299 is missing in the ledger'),
      expect.stringContaining('leaf 1 is not what was sealed'),
      expect.stringContaining('the tiles do not give the root of the checkpoint of 300 leaves'),
      expect.stringContaining('the checkpoint of 300 leaves: leaf 257 is not what was sealed'),
    ])
  })

  it('is sealed on where retention removed records: it says itself which', async () => {
    const log = await givenLog(300)
    await log.ingest(0, 300)
    await seal()
    await asIntruder(
      `delete from writ.records where tenant_id = '${log.id}' and leaf_index < 260`,
      `insert into writ.removals (tenant_id, first_leaf, last_leaf) values ('${log.id}', 0, 99), ('${log.id}', 100, 258)`,
    )
    const sealing = plane.app.get(LogSealing)
    expect(await sealing.patrol(log, 2)).toBe(false)
    expect((await log.get('checkpoint')).body.stopped).toContain('leaf 259 is missing in the ledger')
    await asIntruder(
      `insert into writ.removals (tenant_id, first_leaf, last_leaf) values ('${log.id}', 259, 259)`,
    )
    expect([await sealing.seal(log), await sealing.patrol(log, 2)]).toEqual(['sealed', true])
    expect((await log.get('proofs/inclusion?leaf=3')).status).toBe(200)
  })

  it('is not sealed any more when it counts fewer sealed leaves than its newest checkpoint', async () => {
    const log = await givenLog(300)
    await log.ingest(0, 300)
    await seal()
    await asIntruder(`update writ.tenant_trees set size = 0, archived_size = 0 where tenant_id = '${log.id}'`)
    await seal()
    expect((await log.get('checkpoint')).body).toMatchObject({
      stopped: 'altered: the tiles do not give the root of the checkpoint of 300 leaves',
      checkpoint: { seq: 1 },
    })
  })

  it('is not sealed under, nor says to believe, a key that somebody wrote into the database', async () => {
    const log = await givenLog(6)
    await log.ingest(0, 3)
    await seal()
    const [first] = await plane.query<{ kid: string; key: string }>(
      `select kid, public_key as key from writ.platform_keys where purpose = 'audit-log' order by use_after limit 1`,
    )
    const forged = createTestNode().publicKey
    const tampering = [
      [
        `insert into writ.platform_keys (kid, purpose, public_key, sealed_private, use_after)
           select 'log:forged', purpose, '${forged}', sealed_private, now() + interval '9 years' from writ.platform_keys where kid = '${first?.kid}'`,
        `delete from writ.platform_keys where kid = 'log:forged'`,
      ],
      [
        `update writ.platform_keys set public_key = '${forged}' where kid = '${first?.kid}'`,
        `update writ.platform_keys set public_key = '${first?.key}' where kid = '${first?.kid}'`,
      ],
    ] as const
    await log.ingest(3, 6)
    for (const [forge, mend] of tampering) {
      await asIntruder(forge)
      await seal()
      expect((await log.get('checkpoint')).body.checkpoint.size).toBe(3)
      expect((await plane.ask('GET', '/.well-known/writ-audit.json')).status).toBe(500)
      await asIntruder(mend)
    }
    await seal()
    expect((await log.get('checkpoint')).body.checkpoint.size).toBe(6)
  })

  it('refuses to change or remove a tile or a checkpoint, also for the owner', async () => {
    const log = await givenLog(3)
    await log.ingest(0, 3)
    await seal()
    for (const statement of [
      `update writ.log_tiles set hashes = sha256('x') where tenant_id = '${log.id}'`,
      `delete from writ.log_tiles where tenant_id = '${log.id}'`,
      `update writ.checkpoints set note = 'x' where tenant_id = '${log.id}'`,
      `delete from writ.checkpoints where tenant_id = '${log.id}'`,
      `update writ.trust_files set file = '{}' where tenant_id = '${log.id}'`,
    ])
      await expect(plane.query(statement)).rejects.toThrow(/only|append-only/)
  })
})

async function signersNow(log: Logged): Promise<number[]> {
  const { keys } = { keys: await plane.app.get(LogKeys).noteKeys((await trusted(log)).origin) }
  const note = readNote((await log.get('checkpoint')).body.checkpoint.note)
  return (note && signersOf(note, keys))?.map((key) => keys.indexOf(key)) ?? []
}

async function fetchBytes(log: Logged, path: string): Promise<Buffer> {
  const { ownerKey } = {
    ownerKey: await plane.ask('POST', `/api/v1/tenants/${log.slug}/api-keys`, {
      key: OPERATOR_KEY,
      body: {},
    }),
  }
  const answer = await fetch(`${plane.url}/api/v1/audit/${path}`, {
    headers: { authorization: `Bearer ${ownerKey.body.key}` },
  })
  return Buffer.from(await answer.arrayBuffer())
}
