import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import {
  createFrontier,
  leafHash,
  openCheckpoint,
  proveConsistency,
  rawPublicKey,
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

  it('cosigns one of many that come at once and contradict, also at two processes on one folder', async () => {
    const [one, other] = [await started(), await started()]
    await one.add(await requestOf(0, 5))
    const bodies = await Promise.all([6, 7, 8, 9, 10, 11].map((size) => requestOf(5, size)))
    const answers = await Promise.all(bodies.map((body, at) => (at % 2 === 0 ? one : other).add(body)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(5)
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
