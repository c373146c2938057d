import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals'
import { bothSay } from './both-verifiers.fixture.ts'
import { sampleLog } from './sample-log.fixture.ts'
import { makePack } from './sample-pack.fixture.ts'

// A pack that somebody unzipped, with files that no pack has.

const log = sampleLog({ leaves: 12, seed: 3 })
const parent = mkdtempSync(join(tmpdir(), 'writ-unzipped-'))
const pack = join(parent, 'pack')

beforeEach(async () => {
  rmSync(pack, { recursive: true, force: true })
  mkdirSync(pack)
  for (const [name, bytes] of await makePack(log, { kind: 'range' })) writeFileSync(join(pack, name), bytes)
})
afterAll(() => rmSync(parent, { recursive: true, force: true }))

const UNKNOWN = 'a member has a name that no pack has'
const NO_FILE = 'the member is no regular file'
/** macOS has no such names */
const itOnLinux = process.platform === 'linux' ? it : it.skip

async function messages(): Promise<string[]> {
  const { faults } = await bothSay(pack)
  return faults.filter(({ check }) => check === 'zip').map(({ message }) => message)
}

describe('an unzipped pack', () => {
  it('holds', async () => {
    expect(await bothSay(pack)).toMatchObject({ holds: true, rows: 12 })
  })

  it.each<[string, () => void, string]>([
    ['a file of the system', () => writeFileSync(join(pack, '.DS_Store'), ''), UNKNOWN],
    ['a name of an object', () => writeFileSync(join(pack, '__proto__'), ''), UNKNOWN],
    ['a folder', () => mkdirSync(join(pack, 'verify.mjs')), NO_FILE],
    ['a pipe that nobody writes to', () => void spawnSync('mkfifo', [join(pack, 'verify.mjs')]), NO_FILE],
    ['a link to nothing', () => symlinkSync('nowhere', join(pack, 'verify.mjs')), NO_FILE],
    ['a link to a true member', () => linkTo('records.jsonl'), NO_FILE],
  ])('does not hold with %s', async (_, add, message) => {
    add()
    expect(await messages()).toEqual([message])
  })

  itOnLinux('does not hold with a name that is no UTF-8', async () => {
    writeFileSync(Buffer.concat([Buffer.from(`${pack}/records`), Buffer.of(0xff)]), '')
    expect(await messages()).toEqual([UNKNOWN])
  })
})

function linkTo(name: string): void {
  renameSync(join(pack, name), join(parent, name))
  symlinkSync(join(parent, name), join(pack, name))
}
