import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, describe, expect, it } from '@jest/globals'
import {
  createFrontier,
  leafHash,
  openCheckpoint,
  proveConsistency,
  rawPublicKey,
  readNoteKey,
  signNote,
  writeCheckpoint,
  writeNote,
  writeNoteKey,
  writeWitnessRequest,
} from '@writ/audit'
import type { NoteKey } from '@writ/audit'
import { z } from 'zod'

const WRIT = join(process.cwd(), 'apps/cli/bin/writ.mjs')
const ORIGIN = 'audit.example/log'
const folder = mkdtempSync(join(tmpdir(), 'writ-e2e-witness-'))
const { privateKey } = generateKeyPairSync('ed25519')
const publicKey = Buffer.from(rawPublicKey(privateKey), 'base64url')
const key: NoteKey = { name: ORIGIN, type: 'log', publicKey }
const leaves = Array.from({ length: 200 }, (_, at) => leafHash(`leaf ${at}`))
const notes = notesOf()
const running = new Set<ChildProcess>()

afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** The signed checkpoint of each size. */
function notesOf(): string[] {
  const tree = createFrontier()
  return [...leaves, null].map((leaf, size) => {
    const text = writeCheckpoint({ origin: ORIGIN, size, root: tree.root() })
    if (leaf !== null) tree.append(leaf)
    return writeNote({ text, signatures: [signNote(text, key, privateKey)] })
  })
}

async function started() {
  const watched = writeNoteKey({ ...key, name: 'audit.example/*' })
  const options = ['--state', join(folder, 'state'), '--log-key', watched, '--listen', '0', '--json']
  const child = spawn(process.execPath, [WRIT, 'witness', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, WRIT_HOME: folder },
  })
  running.add(child)
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return { child, ...z.object({ url: z.url(), key: z.string() }).parse(JSON.parse(String(line))) }
}

async function add(url: string, from: number, to: number): Promise<{ status: number; text: string }> {
  const proof =
    from === 0 ? [] : await proveConsistency(async () => Buffer.concat(leaves.slice(0, to)), from, to)
  const body = writeWitnessRequest({ oldSize: from, proof, note: notes[to] ?? '' })
  const answer = await fetch(`${url}/add-checkpoint`, { method: 'POST', body })
  return { status: answer.status, text: await answer.text() }
}

describe('writ witness, killed while it cosigns', () => {
  it('has on disk whatever it cosigned, under the same key, and stops when it is told to', async () => {
    let cosigned = 0
    const keys = new Set<string>()
    for (let kill = 0; kill < 3; kill += 1) {
      const witness = await started()
      keys.add(witness.key)
      const seen = await memoryOf(witness)
      expect(seen).toBeGreaterThanOrEqual(cosigned)
      let at = seen
      setTimeout(() => witness.child.kill('SIGKILL'), 40 + 40 * kill)
      for (;;) {
        const answer = await add(witness.url, at, at + 1).catch(() => null)
        if (answer === null) break
        expect(answer.status).toBe(200)
        at += 1
        cosigned = at
      }
    }
    const last = await started()
    expect(await memoryOf(last)).toBeGreaterThanOrEqual(cosigned)
    expect((await add(last.url, 0, 1)).status).toBe(409)
    expect(keys).toEqual(new Set([last.key]))
    last.child.kill('SIGTERM')
    expect(await once(last.child, 'exit')).toEqual([0, null])
  }, 60_000)
})

/** The size that a witness remembers, as its own cosignature says it. */
async function memoryOf({ url, key: line }: { url: string; key: string }): Promise<number> {
  const answer = await fetch(`${url}/logs/${createHash('sha256').update(ORIGIN).digest('hex')}/checkpoint`)
  if (answer.status === 404) return 0
  const witness = readNoteKey(line)
  const opened = openCheckpoint(await answer.text(), {
    origin: ORIGIN,
    log: [key],
    witnesses: witness ? [witness] : [],
  })
  expect(opened?.witnesses).toHaveLength(1)
  return opened?.checkpoint.size ?? -1
}
