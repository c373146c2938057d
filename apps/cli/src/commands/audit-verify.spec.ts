import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { checkpointNote, makePack, sampleLog, trustOf, WITNESS_LINE, zipOfMembers } from '@writ/audit/samples'
import { writ } from '../given-terminal.suite.ts'

const log = sampleLog({ leaves: 20, seed: 6 })
const other = sampleLog({ leaves: 20, seed: 7 })
let folder = ''
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'writ-verify-'))
  const members = await makePack(log, { kind: 'range', withWitness: true })
  write('pack.zip', zipOfMembers(members))
  mkdirSync(at('pack'))
  for (const [name, bytes] of members) write(join('pack', name), bytes)
  const lines = String(members.get('records.jsonl')).split('\n')
  const altered = lines.with(4, String(lines[4]).replace('"outcome":"deny"', '"outcome":"allow"')).join('\n')
  write('altered.zip', zipOfMembers(new Map(members).set('records.jsonl', Buffer.from(altered))))
  write('filter.zip', zipOfMembers(await makePack(log, { kind: 'filter' })))
  write('trust.json', trustOf(log))
  write('older.note', Buffer.from(await checkpointNote(log, log.sizes[2] ?? 0)))
  write('forked.note', Buffer.from(await checkpointNote(other, other.sizes[2] ?? 0)))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const at = (name: string): string => join(folder, name)
const write = (name: string, bytes: Uint8Array): void => writeFileSync(at(name), bytes)
const verify = (...args: readonly string[]) => writ(['audit', 'verify', ...args])

describe('audit verify of a pack', () => {
  it.each(['pack.zip', 'pack'])('is 0 for a pack that holds: %s', async (name) => {
    const { exitCode, stdout } = await verify(
      at(name),
      '--trust',
      at('trust.json'),
      '--witness',
      WITNESS_LINE,
    )
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('The pack HOLDS.')])
    expect(stdout).toContain('all 20 records from leaf 0 to before leaf 20: none missing')
    expect(stdout).toContain('keys of the log: pinned')
  })

  it('says what a filter does not prove', async () => {
    expect((await verify(at('filter.zip'))).stdout).toContain('INCLUSION ONLY')
  })

  it('is 1 for a pack that was altered, and names the leaf', async () => {
    const { exitCode, stdout } = await verify(at('altered.zip'), '--json')
    const result: { faults: readonly { check: string; leaf: number | null }[] } = JSON.parse(stdout)
    expect(exitCode).toBe(1)
    expect(result.faults.filter(({ leaf }) => leaf === 4).map(({ check }) => check)).toEqual(
      expect.arrayContaining(['leaf', 'chain']),
    )
    expect((await verify(at('altered.zip'))).stdout).toMatch(
      / {2}leaf: leaf 4: records\.jsonl: the record is not/,
    )
  })

  it.each<[string, (zip: Buffer) => Buffer]>([
    ['something stands before it', (zip) => Buffer.concat([Buffer.from('x'), zip])],
    ['its first byte is another', (zip) => Buffer.concat([Buffer.from('Q'), zip.subarray(1)])],
    ['nothing is left of it', () => Buffer.alloc(0)],
  ])('is 1 for a zip of which it can no more be seen that it is one: %s', async (_, alter) => {
    write('begun.zip', alter(zipOfMembers(await makePack(log, { kind: 'filter' }))))
    const { exitCode, stdout } = await verify(at('begun.zip'), '--trust', at('trust.json'))
    expect([exitCode, stdout]).toEqual([1, expect.stringContaining('The pack does NOT hold')])
  })

  it.each([
    ['older.note', 0],
    ['forked.note', 1],
  ])('compares it with an older checkpoint: %s', async (name, exitCode) => {
    expect((await verify(at('pack.zip'), '--checkpoint', at(name))).exitCode).toBe(exitCode)
  })

  it.each<[string, readonly string[], RegExp]>([
    ['a file that is not there', ['--trust', 'none.json'], /cannot read none\.json/],
    ['a witness that is no key', ['--witness', 'w1'], /w1 is no witness key/],
  ])('is 2 for %s', async (_, args, text) => {
    const { exitCode, stderr } = await verify(at('pack.zip'), ...args)
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(text)])
  })

  it('is 2 for what is there and cannot be read', async () => {
    symlinkSync(at('pack'), at('link'))
    const { exitCode, stderr } = await verify(at('link'))
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(`cannot read ${at('link')}`)])
  })

  it('is 2 for evidence that is to be verified like a pack', async () => {
    write('evidence.json', Buffer.from('{}'))
    const { exitCode, stderr } = await verify(at('evidence.json'), '--trust', at('trust.json'))
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('are for packs')])
  })
})
