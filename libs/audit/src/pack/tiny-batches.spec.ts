import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { bothSay, hasPython, VERIFY_PY } from './both-verifiers.fixture.ts'
import { logOf, samplePlan } from './sample-log.fixture.ts'
import { makePack } from './sample-pack.fixture.ts'
import { zipOfMembers } from './zip.fixture.ts'

// Memory does not grow with the records of a pack, and batches can be of one record each.

const VERIFY_MJS = fileURLToPath(new URL('../../verify/verify.mjs', import.meta.url))
const RECORDS = 1500
const folder = mkdtempSync(join(tmpdir(), 'writ-tiny-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const PACKS = { tiny: join(folder, 'tiny.zip'), large: join(folder, 'large.zip') }

/** The same records in batches of one each, and in as few as can be. */
beforeAll(async () => {
  const plan = samplePlan({ leaves: RECORDS, streams: 1, seed: 3 })
  const [first] = plan.bursts
  const records = plan.bursts.flatMap((burst) => burst.records)
  const stream = first?.stream ?? 'nod_:boo_:ten_'
  const cuts = { tiny: records.map((record) => [record]), large: [records] }
  for (const name of ['tiny', 'large'] as const) {
    const bursts = cuts[name].map((some) => ({ stream, records: some }))
    const members = await makePack(logOf({ ...plan, bursts }), { kind: 'range' })
    writeFileSync(PACKS[name], zipOfMembers(members))
  }
}, 60_000)

/** How many bytes live in the heap when the first record is read, by which time all batches were. Without what the engine does beside, the same each time. */
const NODE = `
const { verifyFile } = await import(process.argv[2])
await verifyFile(process.argv[1])
const parse = JSON.parse
JSON.parse = (text) => {
  if (text.includes('"prev"')) {
    JSON.parse = parse
    gc()
    console.log(process.memoryUsage().heapUsed)
  }
  return parse(text)
}
await verifyFile(process.argv[1])
`
/** The most that lived at any moment. */
const PYTHON = `
import sys, tracemalloc, verify
verify.is_signed = lambda *_: True
known = {"pinned": None, "witnesses": [], "older": [], "known_nodes": {}}
tracemalloc.start()
verify.verify_pack(verify.open_source(sys.argv[1]), known)
print(tracemalloc.get_traced_memory()[1])
`

function bytesOf(program: string, words: readonly string[]): number {
  const { stdout, stderr } = spawnSync(program, words, { encoding: 'utf8', cwd: dirname(VERIFY_PY) })
  expect(stderr).toBe('')
  return Number(stdout)
}

const perBatch = (bytes: (pack: string) => number): number =>
  (bytes(PACKS.tiny) - bytes(PACKS.large)) / RECORDS
const MOST_PER_BATCH = 120

describe('a pack with a batch for each record', () => {
  it('holds', async () => {
    expect(await bothSay(PACKS.tiny)).toMatchObject({ holds: true, rows: RECORDS, unsigned: 0 })
  }, 120_000)

  it('takes hardly more memory than one with few: the verifier in Node', () => {
    const words = ['--expose-gc', '--no-opt', '--single-threaded-gc', '--input-type=module', '-e', NODE]
    expect(perBatch((pack) => bytesOf(process.execPath, [...words, pack, VERIFY_MJS]))).toBeLessThan(
      MOST_PER_BATCH,
    )
  }, 120_000)

  ;(hasPython ? it : it.skip)(
    'likewise the verifier in Python',
    () => {
      expect(perBatch((pack) => bytesOf('python3', ['-B', '-c', PYTHON, pack]))).toBeLessThan(MOST_PER_BATCH)
    },
    120_000,
  )
})
