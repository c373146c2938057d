import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import {
  createFrontier,
  leafHash,
  openCheckpoint,
  proveConsistency,
  rawPublicKey,
  signatureLine,
  signNote,
  writeCheckpoint,
  writeNote,
  writeNoteKey,
  writeWitnessRequest,
} from '@writ/audit'
import type { NoteKey } from '@writ/audit'
import { writ } from '../given-terminal.suite.ts'
import { nameOf, openMemory } from './memory.ts'
import { createWitnessServer } from './serve-witness.ts'
import { createWitness, openWitnessKey } from './witness.ts'

const { privateKey } = generateKeyPairSync('ed25519')
const publicKey = Buffer.from(rawPublicKey(privateKey), 'base64url')
const ORIGIN = 'audit.example/log'
const LOGS: NoteKey[] = [{ name: 'audit.example/*', type: 'log', publicKey }]
const leaves = Array.from({ length: 50 }, (_, at) => leafHash(`leaf ${at}`))

function noteOf(size: number, origin = ORIGIN, of = leaves): string {
  const tree = createFrontier()
  for (const leaf of of.slice(0, size)) tree.append(leaf)
  const text = writeCheckpoint({ origin, size, root: tree.root() })
  return writeNote({
    text,
    signatures: [signNote(text, { name: origin, type: 'log', publicKey }, privateKey)],
  })
}

async function requestOf(oldSize: number, size: number, origin = ORIGIN): Promise<string> {
  const read = async () => Buffer.concat(leaves.slice(0, size))
  const proof = oldSize === 0 ? [] : await proveConsistency(read, oldSize, size)
  return writeWitnessRequest({ oldSize, proof, note: noteOf(size, origin) })
}

let folder: string
let closings: (() => Promise<unknown>)[]
const failures: unknown[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'writ-witness-'))
  closings = []
})
afterEach(async () => {
  for (const close of closings) await close()
  await rm(folder, { recursive: true, force: true })
})

async function started(mostLogs = 100) {
  const { key, privateKey: own } = await openWitnessKey(folder, 'witness.example')
  const witness = createWitness(
    { key, privateKey: own, logs: LOGS, mostLogs, nowMs: () => 1_800_000_000_500 },
    await openMemory(folder),
  )
  const server = createWitnessServer(witness, (error) => failures.push(error))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the witness has no port')
  const close = () => {
    server.closeAllConnections()
    return new Promise((closed) => server.close(closed))
  }
  closings.push(close)
  const url = `http://127.0.0.1:${address.port}`
  const add = async (body: string) => {
    const answer = await fetch(`${url}/add-checkpoint`, { method: 'POST', body })
    return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() }
  }
  return { key, url, add }
}

describe('a witness over HTTP', () => {
  it('cosigns growth, remembers it, and says what it saw', async () => {
    const { key, url, add } = await started()
    const known = {
      origin: ORIGIN,
      log: [{ ...LOGS[0], name: ORIGIN, type: 'log', publicKey } as NoteKey],
      witnesses: [key],
    }
    const first = await add(await requestOf(0, 7))
    expect(first.status).toBe(200)
    expect(openCheckpoint(`${noteOf(7)}${first.text}`, known)?.witnesses).toEqual([key])
    const second = await add(await requestOf(7, 20))
    expect(openCheckpoint(`${noteOf(20)}${second.text}`, known)?.witnesses).toEqual([key])
    expect(await add(await requestOf(7, 30))).toEqual({ status: 409, type: 'text/x.tlog.size', text: '20\n' })
    const newest = await fetch(`${url}/logs/${nameOf(ORIGIN)}/checkpoint`)
    expect(openCheckpoint(await newest.text(), known)?.checkpoint.size).toBe(20)
  })

  it('refuses another history, another log, another method, and what is too long', async () => {
    const { url, add } = await started()
    await add(await requestOf(0, 7))
    const fork = noteOf(20, ORIGIN, leaves.toReversed())
    const proof = await proveConsistency(async () => Buffer.concat(leaves.slice(0, 20)), 7, 20)
    expect((await add(writeWitnessRequest({ oldSize: 7, proof, note: fork }))).status).toBe(422)
    expect(
      (
        await add(
          writeWitnessRequest({ oldSize: 7, proof: [], note: noteOf(7, ORIGIN, leaves.toReversed()) }),
        )
      ).status,
    ).toBe(409)
    expect((await add(await requestOf(0, 7, 'other.example/log'))).status).toBe(404)
    expect((await add('x')).status).toBe(400)
    expect((await add('x'.repeat(600 * 1024))).status).toBe(413)
    expect((await fetch(`${url}/add-checkpoint`)).status).toBe(405)
    expect((await fetch(`${url}/logs/..%2f..%2fwitness/checkpoint`)).status).toBe(404)
    expect((await fetch(`${url}/`)).status).toBe(404)
  })

  it('remembers over a restart, under the same key', async () => {
    const one = await started()
    await one.add(await requestOf(0, 9))
    const other = await started()
    expect(writeNoteKey(other.key)).toBe(writeNoteKey(one.key))
    expect((await other.add(await requestOf(0, 9))).text).toBe('9\n')
    expect((await stat(join(folder, 'witness.key'))).mode & 0o077).toBe(0)
  })

  it('has one key, also when two are started at once for the first time', async () => {
    const keys = await Promise.all([1, 2, 3].map(() => openWitnessKey(folder, 'witness.example')))
    expect(new Set(keys.map(({ key }) => writeNoteKey(key))).size).toBe(1)
  })

  it('cosigns one of many that come at once and contradict, also at two processes on one folder', async () => {
    const [one, other] = [await started(), await started()]
    await one.add(await requestOf(0, 5))
    const bodies = await Promise.all([6, 7, 8, 9, 10, 11].map((size) => requestOf(5, size)))
    const answers = await Promise.all(bodies.map((body, at) => (at % 2 === 0 ? one : other).add(body)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(5)
  })

  it('goes on when a stranger puts lines of their own behind a checkpoint, and does not remember those', async () => {
    const { url, add } = await started()
    await add(await requestOf(0, 7))
    const long = signatureLine({ name: 'stranger', id: 7, bytes: Buffer.alloc(150_000) })
    const padded = writeWitnessRequest({ oldSize: 7, proof: [], note: `${noteOf(7)}${long}${long}` })
    expect((await add(padded)).status).toBe(200)
    const [file = ''] = await readdir(join(folder, 'logs'))
    expect((await stat(join(folder, 'logs', file))).size).toBeLessThan(4096)
    expect((await fetch(`${url}/logs/${nameOf(ORIGIN)}/checkpoint`)).status).toBe(200)
    expect((await add(await requestOf(7, 20))).status).toBe(200)
  })

  it('says nothing of requests that are none, or that nobody waits for', async () => {
    const { url, add } = await started()
    const before = failures.length
    for (const request of ['GET // HTTP/1.1\r\n', 'POST /add-checkpoint HTTP/1.1\r\ncontent-length: 9\r\n']) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1')
      socket.write(`${request}host: witness\r\n\r\n`)
      if (request.startsWith('GET')) await once(socket, 'data')
      await delay(20)
      socket.destroy()
    }
    expect((await add(await requestOf(0, 7))).status).toBe(200)
    expect(failures).toHaveLength(before)
  })

  it('cosigns nothing that it could not read again, and keeps what it saw before', async () => {
    const memory = await openMemory(folder)
    const seen = { origin: ORIGIN, size: 1, root: leaves[0] ?? Buffer.alloc(32), note: 'short' }
    await memory.change((keep) => keep(seen))
    await expect(
      memory.change((keep) => keep({ ...seen, size: 2, note: 'x'.repeat(70_000) })),
    ).rejects.toThrow('too long')
    expect((await memory.last(ORIGIN))?.size).toBe(1)
  })

  it('has its folders on disk before it remembers anything: the key alone would cosign all of it once more', async () => {
    const state = join(folder, 'state')
    const probe = await open(folder, 'r')
    const synced: number[] = []
    const sync = jest.spyOn(Object.getPrototypeOf(probe), 'sync').mockImplementation(async function (
      this: FileHandle,
    ) {
      const { ino } = await this.stat()
      synced.push(ino)
    })
    await openMemory(state)
    sync.mockRestore()
    await probe.close()
    for (const path of [folder, state]) expect(synced).toContain((await stat(path)).ino)
  })

  it('does not forget because a file is damaged, and does not fill a disk for a log of logs', async () => {
    const { add } = await started(2)
    for (const name of ['a', 'b']) await add(await requestOf(0, 3, `audit.example/${name}`))
    expect((await add(await requestOf(0, 3, 'audit.example/c'))).status).toBe(507)
    const path = join(folder, 'logs', `${nameOf('audit.example/a')}.json`)
    await writeFile(path, '{')
    expect((await add(await requestOf(0, 3, 'audit.example/a'))).status).toBe(500)
    expect(failures.length).toBeGreaterThan(0)
    expect(await readFile(path, 'utf8')).toBe('{')
    expect(await readdir(join(folder, 'logs'))).toHaveLength(2)
  })
})

describe('writ witness', () => {
  const line = writeNoteKey({ name: 'audit.example/*', type: 'log', publicKey })

  it('takes keys of logs only, and a name that notes can have', async () => {
    const state = join(folder, 'state')
    const asked = (...more: string[]) => writ(['witness', '--state', state, ...more])
    expect((await asked('--log-key', 'nonsense')).exitCode).toBe(2)
    expect((await asked('--log-key', line, '--name', 'a b')).exitCode).toBe(2)
    expect((await asked('--log-key', line, '--listen', 'nowhere')).exitCode).toBe(2)
    expect((await asked()).exitCode).toBe(2)
  })
})
