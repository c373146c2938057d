// A ledger of two tenants with several streams, packs of all kinds from it, and what a careful auditor has kept from before. Made without
// a database by the maker of the specs; every key comes from the seed, so the attacker here can have any of them.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const FIXTURES = new URL('../../libs/audit/dist/pack/', import.meta.url)
export const { logOf, sampleLog, samplePlan, chanceOf } = await import(
  new URL('sample-log.fixture.js', FIXTURES).href
)
export const { checkpointNote, LOG_KEY, makePack, manifestOf, sealManifest, trustOf, WITNESS_LINE } =
  await import(new URL('sample-pack.fixture.js', FIXTURES).href)
export const { zipOf, zipOfMembers } = await import(new URL('zip.fixture.js', FIXTURES).href)
export const { nodeKey } = await import(new URL('../sample.fixture.js', FIXTURES).href)
export const { canonical, encodeFrame, hashOf, scanFrames } = await import(
  new URL('../index.js', FIXTURES).href
)

/** @param folder where the files go that the auditor knows from before */
export async function makeWorld(folder, seed, leaves = 90) {
  mkdirSync(folder, { recursive: true })
  const plan = samplePlan({ leaves, streams: 5, seed })
  const log = logOf(plan)
  const other = sampleLog({ leaves: 40, streams: 3, seed: seed + 1, tenant: 'B' })
  const sizeNear = (size) => log.sizes.find((one) => one >= size)
  const [older, previous] = [sizeNear(leaves / 3), sizeNear(leaves / 2)]
  const wishes = [
    { kind: 'range', withWitness: true, previous },
    { kind: 'range', withLeafHashes: false, withWitness: true },
    { kind: 'range', from: 20, to: log.sizes.at(-3), treeSize: log.sizes.at(-2), previous },
    { kind: 'filter', withWitness: true, previous },
    { kind: 'filter-with-hashes', from: 10, withWitness: true, previous },
  ]
  const packs = []
  for (const wish of wishes) packs.push({ wish, log, members: await makePack(log, wish) })
  const foreign = { wish: { kind: 'range' }, log: other, members: await makePack(other, { kind: 'range' }) }
  const file = (name, bytes) => {
    writeFileSync(join(folder, name), bytes)
    return join(folder, name)
  }
  const before = await makePack(log, { kind: 'range', treeSize: previous, to: previous })
  const known = {
    trust: file('trust.json', trustOf(log)),
    older: file('older.note', await checkpointNote(log, older)),
    previous: file('previous.zip', zipOfMembers(before)),
    witness: WITNESS_LINE,
  }
  return { seed, plan, log, other, packs, foreign, known, older, previous }
}

export const pick = (list, chance) => list[chance(list.length)]

/** Hashes and sizes in the manifest are made right again; its signature stays what it was. */
export function fixedHashes(members, log) {
  const sealed = sealManifest(members, manifestOf(members), log)
  return sealed.set('manifest.jws', members.get('manifest.jws'))
}

/** By the log, where its key is at hand, or by nobody. */
export function sealedByAny(members, log, chance) {
  const isSigned = log.leaves !== undefined && chance(2) === 0
  return isSigned ? sealManifest(members, manifestOf(members), log) : fixedHashes(members, log)
}

/** The leaf index of each line of `records.jsonl`. */
export const leavesIn = (members) => linesIn(members, 'leaves.txt').map(Number)

export const linesIn = (members, name) => members.get(name).toString('utf8').split('\n').slice(0, -1)
export const bytesOfLines = (lines) => Buffer.from(lines.map((line) => `${line}\n`).join(''))

/** A cell may hold the end of a line: what begins with no leaf index belongs to the row before. */
export const linesOfTable = (members) =>
  members
    .get('records.csv')
    .toString('utf8')
    .split(/\r\n(?="\d+",)|\r\n$/)
    .slice(0, -1)
export const tableOf = (lines) => Buffer.from(lines.map((line) => `${line}\r\n`).join(''))
