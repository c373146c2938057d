import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { PackVerification } from '../../verify/verify.mjs'
import { present } from '../sample.fixture.ts'
import { bothSay } from './both-verifiers.fixture.ts'
import { sampleLog } from './sample-log.fixture.ts'
import type { Members, PackWishes } from './sample-pack.fixture.ts'
import { makePack, manifestOf, sealManifest } from './sample-pack.fixture.ts'
import { zipOfMembers } from './zip.fixture.ts'

// Packs of some records, signed by the log itself, in which one member says less or more than the others of one record.

type Kind = 'filter' | 'filter-with-hashes'

const log = sampleLog({ leaves: 40, streams: 4, seed: 3 })
/** the fourth row, of a pack that has every third record */
const [ROW, LEAF] = [3, 9]

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-rows-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function said(members: Members): Promise<PackVerification> {
  const path = join(folder, 'pack.zip')
  writeFileSync(path, zipOfMembers(sealManifest(members, manifestOf(members), log)))
  return bothSay(path)
}

/** A pack with other lines in one of its members. */
async function packWith(
  name: string,
  edit: (lines: string[]) => string[],
  kind: PackWishes['kind'] = 'filter',
): Promise<Members> {
  const members = await makePack(log, { kind })
  return new Map(members).set(name, edited(present(members.get(name)), edit))
}

const edited = (bytes: Buffer, edit: (lines: string[]) => string[]): Buffer =>
  Buffer.from(edit(bytes.toString().split('\n')).join('\n'))

const isAtRow = (_: string, at: number): boolean => at === ROW

/** A row is gone, and with it what all members but one say of it. */
async function goneBut(kept: string, kind: Kind): Promise<Members> {
  const members = new Map(await makePack(log, { kind }))
  const isOfRow = new Map([
    ['records.jsonl', isAtRow],
    ['leaves.txt', isAtRow],
    ['proofs.jsonl', isAtRow],
    ['disclosures.jsonl', (line: string) => line.includes(`"leaf":${LEAF},`)],
    ['records.csv', (line: string) => line.startsWith(`"${LEAF}",`)],
  ])
  for (const [name, isGone] of isOfRow) {
    const bytes = members.get(name)
    if (bytes === undefined || name === kept) continue
    members.set(
      name,
      edited(bytes, (lines) => lines.filter((line, at) => !isGone(line, at))),
    )
  }
  return members
}

describe('a record that is gone from a pack of some', () => {
  it.each<[Kind, string]>([
    ['filter', 'leaves.txt'],
    ['filter', 'proofs.jsonl'],
    ['filter', 'disclosures.jsonl'],
    ['filter', 'records.csv'],
    ['filter-with-hashes', 'leaves.txt'],
    ['filter-with-hashes', 'disclosures.jsonl'],
    ['filter-with-hashes', 'records.csv'],
  ])('is named by what is left of it (%s, %s)', async (kind, kept) => {
    const { holds, faults } = await said(await goneBut(kept, kind))
    expect(holds).toBe(false)
    expect(faults.map(({ leaf }) => leaf)).toContain(LEAF)
  })
})

describe('a proof that is not the one of its record', () => {
  it.each<[string, () => Promise<Members>, string]>([
    ['of a record that is gone', () => goneBut('proofs.jsonl', 'filter'), 'the proof is of no record here'],
    [
      'gone',
      () => packWith('proofs.jsonl', (lines) => lines.toSpliced(ROW, 1)),
      'there is no proof of the record',
    ],
    [
      'twice',
      () => packWith('proofs.jsonl', (lines) => lines.toSpliced(ROW, 0, present(lines[ROW]))),
      'the proof is of no record here',
    ],
    [
      'of another form',
      () => packWith('proofs.jsonl', (lines) => lines.with(ROW, '{}')),
      'the proof is not of its form',
    ],
    [
      'of a record without a leaf index',
      () => packWith('leaves.txt', (lines) => lines.with(ROW, 'nine')),
      'the record of the proof has no leaf index',
    ],
  ])('names that record and no other: %s', async (_, make, message) => {
    const { faults } = await said(await make())
    const named = faults.filter(({ check }) => check === 'inclusion')
    expect(named.map((fault) => [fault.message, fault.leaf])).toEqual([[message, LEAF]])
  })
})

describe('what is short of some records', () => {
  it('names the only row that the table lacks', async () => {
    const { faults } = await said(await packWith('records.csv', (lines) => lines.toSpliced(ROW + 1, 1)))
    expect(faults).toMatchObject([{ check: 'csv', leaf: LEAF, message: 'the CSV has no row of the record' }])
  })

  it.each<[PackWishes['kind'], number, string]>([
    ['range', ROW, 'leaves'],
    ['filter', LEAF, 'inclusion'],
    ['filter-with-hashes', LEAF, 'csv'],
  ])('names the first that has no leaf index (%s)', async (kind, first, check) => {
    const { faults } = await said(await packWith('leaves.txt', (lines) => [...lines.slice(0, ROW), ''], kind))
    const named = faults.flatMap((fault) =>
      fault.check === check && fault.leaf !== null ? [fault.leaf] : [],
    )
    expect(Math.min(...named)).toBe(first)
  })
})

describe('a line before its place', () => {
  it.each<[string, Kind, string, number]>([
    ['proofs.jsonl', 'filter', 'the proofs are not sorted', 0],
    ['disclosures.jsonl', 'filter-with-hashes', 'the disclosures are not sorted', 0],
    ['records.csv', 'filter-with-hashes', 'the rows of the CSV are not sorted', 1],
  ])('is named, and not only those that it passed: %s', async (name, kind, message, first) => {
    const members = await packWith(name, (lines) => moved(lines, first), kind)
    const { faults } = await said(members)
    const own = faults.filter((fault) => fault.message === message)
    expect(own.map(({ leaf }) => leaf)).toEqual([LEAF])
  })
})

/** The line of the record at the leaf stands first. */
function moved(lines: readonly string[], first: number): string[] {
  const isOwn = new RegExp(`"leaf":${LEAF}[,}]|^"${LEAF}",`)
  const at = lines.findIndex((line) => isOwn.test(line))
  return lines.toSpliced(at, 1).toSpliced(first, 0, present(lines[at]))
}

const table = (leaves: readonly number[]): Buffer =>
  Buffer.from(['"leaf"', ...leaves.map((leaf) => `"${leaf}"`), ''].join('\r\n'))

describe('a table of leaf indexes alone', () => {
  const leaves = Array.from({ length: 14 }, (_, row) => row * 3)

  it('holds', async () => {
    const members = new Map(await makePack(log, { kind: 'filter' })).set('records.csv', table(leaves))
    expect(await said(members)).toMatchObject({ holds: true, rows: leaves.length })
  })

  it.each<[string, Kind]>([
    ['filter', 'filter'],
    ['filter with hashes', 'filter-with-hashes'],
  ])('names the record that is gone (%s)', async (_, kind) => {
    const members = await goneBut('records.csv', kind)
    const { faults } = await said(members.set('records.csv', table(leaves)))
    expect(faults.map(({ leaf }) => leaf)).toContain(LEAF)
  })
})

describe('a line of a large pack that stands first', () => {
  const large = sampleLog({ leaves: 150, streams: 4, seed: 3 })
  const late = 140

  it.each<[string, PackWishes['kind'], number]>([
    ['proofs.jsonl', 'filter', 0],
    ['records.csv', 'range', 1],
    ['leaves.txt', 'filter', 0],
    ['leaves.txt', 'filter-with-hashes', 0],
    ['leaves.txt', 'range', 0],
    ['records.jsonl', 'filter', 0],
    ['records.jsonl', 'filter-with-hashes', 0],
    ['records.jsonl', 'range', 0],
  ])('is named, though more faults come before it than are listed: %s, %s', async (name, kind, head) => {
    const members = await makePack(large, { kind, matches: () => true })
    const text = edited(present(members.get(name)), (lines) =>
      lines.toSpliced(head + late, 1).toSpliced(head, 0, present(lines[head + late])),
    )
    const altered = new Map(members).set(name, text)
    const path = join(folder, 'large.zip')
    writeFileSync(path, zipOfMembers(sealManifest(altered, manifestOf(altered), large)))
    const { faults } = await bothSay(path)
    expect(faults.map(({ leaf }) => leaf)).toContain(late)
  })
})
