import { spawnSync } from 'node:child_process'
import { createHash, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import type { Json } from '@writ/contracts'
import { canonical } from '../canonical.ts'
import { rawPublicKey } from '../node-key.ts'
import { nodeKey, present } from '../sample.fixture.ts'
import { bothSay, hasPython, MOST_PASSES, onePassMicros, VERIFY_PY } from './both-verifiers.fixture.ts'
import { sampleLog } from './sample-log.fixture.ts'
import type { Members, PackWishes } from './sample-pack.fixture.ts'
import { linesOf, makePack, manifestOf, sealManifest } from './sample-pack.fixture.ts'
import { zipOfMembers } from './zip.fixture.ts'

// Packs of some kilobytes that inflate to many small or large things to do: a verifier is done after some passes over their bytes.

const log = sampleLog({ leaves: 12, seed: 3 })
const folder = mkdtempSync(join(tmpdir(), 'writ-costly-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What both verifiers say, and how many passes over a member that costs the one in Node. */
async function cost(members: Members, member: string) {
  const path = join(folder, 'pack.zip')
  writeFileSync(path, zipOfMembers(sealManifest(members, manifestOf(members), log)))
  const passMicros = onePassMicros(present(members.get(member)))
  const begun = process.cpuUsage()
  const { faults } = await bothSay(path)
  return { passes: process.cpuUsage(begun).user / passMicros, messages: faults.map(({ message }) => message) }
}

describe('a verifier is soon done', () => {
  it('with a table that waits for another record, while each row is as large as its record many times over', async () => {
    let deep: Json = 'x'.repeat(40_000)
    for (let depth = 1; depth < 150; depth += 1) deep = { a: deep }
    const truth = await makePack(log, { kind: 'filter' })
    const first = JSON.parse(present(present(truth.get('records.jsonl')).toString().split('\n')[0]))
    const columns = Array.from({ length: 150 }, (_, at) => `,"${'a.'.repeat(at)}a"`)
    const members = new Map(truth)
      .set('records.jsonl', linesOf(Array.from({ length: 400 }, () => canonical({ ...first, a: deep }))))
      .set('leaves.txt', linesOf(Array.from({ length: 400 }, (_, at) => String(at))))
      .set('records.csv', Buffer.from(`"leaf"${columns.join('')}\r\n"400",`))
    const { passes, messages } = await cost(members, 'records.jsonl')
    expect(messages).toContain('the CSV has no row of the record')
    expect(passes).toBeLessThan(MOST_PASSES)
  })

  it.each<[PackWishes['kind'], string, string]>([
    ['range', 'records.jsonl', 'the record is not of its form'],
    ['range', 'batches.jsonl', 'a line is not of its form'],
    ['range', 'disclosures.jsonl', 'a line is not of its form'],
    ['filter', 'proofs.jsonl', 'the proof is not of its form'],
  ])('with millions of lines of nothing (%s, %s)', async (kind, name, message) => {
    const members = new Map(await makePack(log, { kind })).set(name, Buffer.alloc(32 << 20, '\n'))
    const { passes, messages } = await cost(members, name)
    expect(messages).toContain(message)
    expect(passes).toBeLessThan(MOST_PASSES)
  })
})

/** How many additions of points the verifier in Python needs for some signatures, which must hold. */
const ADDITIONS = `
import json, sys, verify
counted, added = 0, verify.added
def counting(one, other):
    global counted
    counted += 1
    return added(one, other)
verify.added = counting
for key, message, signature in json.load(sys.stdin):
    assert verify.is_signed(bytes.fromhex(message), bytes.fromhex(signature), bytes.fromhex(key))
print(counted)
`

function additionsFor(keys: readonly number[]): number {
  const signatures = keys.map((byte, at) => {
    const [key, message] = [nodeKey(byte), createHash('sha256').update(String(at)).digest()]
    const raw = Buffer.from(rawPublicKey(key), 'base64url')
    return [raw, message, sign(null, message, key)].map((bytes) => bytes.toString('hex'))
  })
  const { stdout, stderr } = spawnSync('python3', ['-B', '-c', ADDITIONS], {
    input: JSON.stringify(signatures),
    encoding: 'utf8',
    cwd: dirname(VERIFY_PY),
  })
  expect(stderr).toBe('')
  return Number(stdout)
}

;(hasPython ? describe : describe.skip)(
  'the verifier in Python prepares no key for more than it is used for',
  () => {
    it.each([1, 2])('of a hundred keys that sign so often: %d', (times) => {
      const keys = Array.from({ length: 100 }, (_, at) => at + 1)
      const each = keys.flatMap((key) => Array.from({ length: times }, () => key))
      expect(additionsFor(each) / each.length).toBeLessThan(450)
    })

    it('and one that signs all is prepared once', () => {
      expect(additionsFor(Array.from({ length: 200 }, () => 7)) / 200).toBeLessThan(150)
    })
  },
)
