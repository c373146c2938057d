import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { inclusionHolds, leafHash, openCheckpoint, openTlogProof, readNote, signersOf } from '@writ/audit'
import { PlatformQueries } from '@writ/postgres'
import { createTestStream } from '@writ/postgres/testing'
import { createMetrics } from '@writ/runtime'
import { OPERATOR_KEY } from '../testing/given.ts'
import type { ControlPlane } from '../testing/given.ts'
import { withLogs } from './log-metrics.ts'
import { LogKeys } from './log-keys.ts'
import { LogRows } from './log-rows.ts'
import { LogSealing } from './log-sealing.ts'
import { givenLogs, keyOf } from './logs.fixture.ts'
import type { Logged, Logs } from './logs.fixture.ts'

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

/** What a restore to a moment after `size` records were sealed leaves of a log. */
const restored = ({ id }: Logged, size: number) =>
  asIntruder(
    `delete from writ.records where tenant_id = '${id}' and leaf_index >= ${size}`,
    `delete from writ.checkpoints where tenant_id = '${id}' and size > ${size}`,
    `update writ.tenant_logs set size = ${size} where tenant_id = '${id}'`,
    `update writ.tenant_trees set size = ${size}, archived_size = ${size}, checkpoints = (select max(seq) from writ.checkpoints where tenant_id = '${id}') where tenant_id = '${id}'`,
    `update writ.log_tiles set hashes = substr(hashes, 1, ${size * 32}) where tenant_id = '${id}' and level = 0`,
    `delete from writ.stream_batches where tenant_id = '${id}' and from_seq >= ${size}`,
    `update writ.streams set next_seq = ${size}, head_hash = (select head_hash from writ.stream_batches where tenant_id = '${id}' order by from_seq desc limit 1) where tenant_id = '${id}'`,
  )

describe('a database that was put back to an earlier time', () => {
  it('signs nothing until the records are back, and then goes on as if nothing had been', async () => {
    const log = await givenLog(12)
    await log.ingest(0, 5)
    await seal()
    await log.ingest(5, 10)
    await seal()
    const published = (await log.get('checkpoint')).body.checkpoint
    await restored(log, 5)
    world.pass(3_600_001)
    await seal()
    const waiting = (await log.get('checkpoint')).body
    expect(waiting.stopped).toBe('behind: archive 1 has a checkpoint of 10 leaves, and the ledger has 5')
    expect(waiting.checkpoint.size).toBe(5)
    await log.ingest(5, 7)
    await seal()
    expect((await log.get('checkpoint')).body.checkpoint.size).toBe(5)
    await log.ingest(7, 12)
    await seal()
    const after = (await log.get('checkpoint')).body
    expect([after.stopped, after.checkpoint.size]).toEqual([null, 12])
    const growth = (await log.get('proofs/consistency?from=10')).body
    expect(growth.fromRoot).toBe(published.root)
    expect(openCheckpoint(after.checkpoint.note, await trusted(log))?.witnesses).toHaveLength(1)
  })

  it('never signs another history: the log goes on in a new epoch, with a signed notice', async () => {
    const log = await givenLog(12)
    await log.ingest(0, 5)
    await seal()
    const before = await trusted(log)
    const early = await plane.ask('POST', `/api/v1/tenants/${log.slug}/log-epochs`, { key: OPERATOR_KEY })
    expect(early.status).toBe(409)
    await log.ingest(5, 10)
    await seal()
    await restored(log, 5)
    const others = createTestStream(world.node, log.id, 8)
    await log.ingest(0, 8, others)
    await seal()
    expect((await log.get('checkpoint')).body).toMatchObject({
      stopped: 'forked: archive 1 has another history of the first 10 leaves than the ledger',
      checkpoint: { size: 5 },
    })
    const opened = await plane.ask('POST', `/api/v1/tenants/${log.slug}/log-epochs`, { key: OPERATOR_KEY })
    expect([opened.status, opened.body.origin]).toEqual([201, `${before.origin}/1`])
    const notice = readNote(opened.body.notice)
    expect(notice && signersOf(notice, before.log)).toHaveLength(1)
    expect(notice?.text.split('\n').slice(0, 3)).toEqual(['writ.fork.v1', `old ${before.origin}`, 'size 5'])
    // what retention removed has its leaf in the new epoch as well
    await asIntruder(`delete from writ.records where tenant_id = '${log.id}' and leaf_index = 2`)
    const [, logId = ''] = before.origin.split('/')
    expect(await readFile(join(world.folder, logId, 'fork/1.note'), 'utf8')).toBe(opened.body.notice)
    await seal()
    const after = (await log.get('checkpoint')).body
    expect(after).toMatchObject({
      epoch: 1,
      stopped: null,
      origin: `${before.origin}/1`,
      checkpoint: { size: 13, epoch: 1 },
    })
    expect(after.forks).toHaveLength(1)
    const known = await trusted(log)
    expect(
      openTlogProof(
        (await log.get('proofs/inclusion?leaf=12')).body.tlogProof,
        leafHash(others.batch(7, 8).records[0] ?? ''),
        known,
      )?.index,
    ).toBe(12)
    // restored once more to before the epoch: the notice in the archive is remembered
    await asIntruder(`update writ.tenant_trees set epoch = 0, size = 0 where tenant_id = '${log.id}'`)
    world.pass(3_600_001)
    await seal()
    expect((await log.get('checkpoint')).body.stopped).toContain(
      'keeps the notice that epoch 0 of this log ended',
    )
    // and what was begun once is not begun again
    const again = await plane.ask('POST', `/api/v1/tenants/${log.slug}/log-epochs`, { key: OPERATOR_KEY })
    expect([again.status, again.body.origin]).toEqual([201, `${before.origin}/2`])
    await seal()
    expect((await log.get('checkpoint')).body).toMatchObject({ epoch: 2, stopped: null, archivedSize: 13 })
  })

  it('takes nothing of an epoch that is over for one of the next', async () => {
    const log = await givenLog(9)
    await log.ingest(0, 4)
    await seal()
    const rows = plane.app.get(LogRows)
    const [state] = [await rows.in(log, ({ store }) => store.state())]
    await asIntruder(
      `update writ.tenant_trees set epoch = 1, size = 0, archived_size = 0 where tenant_id = '${log.id}'`,
    )
    await rows.in(log, async ({ store }) => {
      await store.archived(state?.epoch ?? 0, 4)
      await store.stop(state?.epoch ?? 0, 'forked', new Date())
    })
    expect((await log.get('checkpoint')).body).toMatchObject({ epoch: 1, archivedSize: 0, stopped: null })
  })

  it.each([
    ['and still lacks records', 0],
    ['and has others in their place by then', 5],
  ])(
    'while a checkpoint is being signed, %s, keeps none of records that it does not have',
    async (_, more) => {
      const log = await givenLog(12)
      await log.ingest(0, 5)
      await seal()
      await log.ingest(5, 10)
      const others = createTestStream(world.node, log.id, 8)
      const keys = plane.app.get(LogKeys)
      const signNote = keys.signNote.bind(keys)
      const signing = jest.spyOn(keys, 'signNote').mockImplementation(async (text, origin) => {
        if (text.includes('\n10\n') && origin === (await trusted(log)).origin) {
          signing.mockRestore()
          await restored(log, 5)
          await log.ingest(0, more, others)
        }
        return signNote(text, origin)
      })
      await seal()
      expect((await log.get('checkpoint')).body.checkpoint.size).toBe(5)
      await log.ingest(5, 12)
      await seal()
      expect((await log.get('checkpoint')).body).toMatchObject({
        stopped: null,
        checkpoint: { size: 12 + more },
      })
      expect(await plane.app.get(LogSealing).patrol(log)).toBe(true)
    },
  )

  it('is noticed by the memory of a witness alone', async () => {
    const log = await givenLog(9)
    await log.ingest(0, 4)
    await seal()
    await log.ingest(4, 9)
    await seal()
    const [, logId = ''] = (await trusted(log)).origin.split('/')
    await rm(join(world.folder, logId), { recursive: true })
    await restored(log, 4)
    world.pass(3_600_001)
    await seal()
    expect((await log.get('checkpoint')).body.stopped).toBe(
      'behind: witness witness.example has a checkpoint of 9 leaves, and the ledger has 4',
    )
  })
})

/** The same of the log over all logs, as long as it has one tile. */
const globalRestored = (size: number) =>
  asIntruder(
    `delete from writ.global_leaves where leaf_index >= ${size}`,
    `delete from writ.global_checkpoints where size > ${size}`,
    `update writ.global_trees set leaves = ${size}, size = ${size}, archived_size = ${size}, checkpoints = (select max(seq) from writ.global_checkpoints)`,
    `update writ.global_tiles set hashes = substr(hashes, 1, ${size * 32}) where level = 0`,
  )

const known = async () => (await plane.ask('GET', '/.well-known/writ-audit.json')).body
const openEpoch = () => plane.ask('POST', '/api/v1/log-epochs', { key: OPERATOR_KEY })

describe('the log over all logs', () => {
  it('goes on in a new epoch when a restore has lost what others remember of it', async () => {
    const [log, next] = [await givenLog(4), await givenLog(4)]
    await log.ingest(0, 4)
    await seal()
    expect((await openEpoch()).status).toBe(409)
    const before = await known()
    const size = Number(readNote(before.checkpoint)?.text.split('\n')[1])
    const another = await givenLog(4)
    await another.ingest(0, 4)
    await seal()
    await globalRestored(size)
    await next.ingest(0, 4)
    world.pass(3_600_001)
    await seal()
    expect((await known()).checkpoint).toBe(before.checkpoint)
    expect(plane.logged()).toContain(
      'the log global is not sealed any more: forked: archive 1 has another history',
    )
    const { status, body: opened } = await openEpoch()
    expect([status, opened.epoch, opened.origin]).toEqual([201, 1, `${before.origin}/1`])
    expect(await readFile(join(world.folder, 'global/fork/1.note'), 'utf8')).toBe(opened.notice)
    const notice = readNote(opened.notice)
    expect(
      notice &&
        signersOf(
          notice,
          before.logKeys.map(({ key }: { key: string }) => keyOf(key)),
        ),
    ).toHaveLength(1)
    expect(notice?.text).toContain(`size ${size}\n`)
    await seal()
    const after = await known()
    expect(after).toMatchObject({ origin: opened.origin, forks: [{ epoch: 1, notice: opened.notice }] })
    const proof = (await next.get('checkpoint/global')).body
    const keys = {
      origin: after.origin,
      log: after.logKeys.map(({ key }: { key: string }) => keyOf(key)),
      witnesses: [],
    }
    const checkpoint = openCheckpoint(proof.note, keys)?.checkpoint
    const leaf = { index: proof.leaf, hash: leafHash(proof.bytes) }
    expect(checkpoint && inclusionHolds(leaf, checkpoint, proof.hashes.map(bytes))).toBe(true)
  })

  it('is not sealed any more when a leaf of it is another one, or gone', async () => {
    await asIntruder(`update writ.global_leaves set bytes = 'forged' where leaf_index = 0`)
    const sealing = plane.app.get(LogSealing)
    expect([await sealing.patrol('global'), await sealing.seal('global')]).toEqual([false, 'stopped'])
    expect(plane.logged()).toContain(
      'the log global is not sealed any more: altered, found by the patrol: leaf 0',
    )
    const metrics = withLogs(createMetrics(), plane.app.get(PlatformQueries))
    expect(await metrics.exposition()).toMatch(
      /writ_logs_stopped [1-9]\d*\n[^]*writ_global_log_age_seconds \d/,
    )
    await asIntruder(
      `delete from writ.global_leaves where leaf_index = 0`,
      `update writ.global_trees set stopped = null, epoch = epoch`,
    )
    expect(await sealing.patrol('global')).toBe(false)
  })
})
