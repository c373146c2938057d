// Runs the attacks and counts what both verifiers found.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { result } from '../bench/figures.mjs'
import { ATTACKS } from './attacks.mjs'
import { askPrograms, openJudges, writePack } from './judges.mjs'
import { chanceOf, makeWorld } from './world.mjs'

/**
 * @param only those attacks whose names have one of these texts in them; all when left out
 * @returns result rows, in the form of the drills
 */
export async function tamper({ seed, cases, only = [''], isShort = false, say, running }) {
  const names = Object.keys(ATTACKS).filter((name) => only.some((part) => name.includes(part)))
  const folder = mkdtempSync(join(tmpdir(), 'writ-tamper-'))
  running.add('files of tampering', () => rmSync(folder, { recursive: true, force: true }))
  const judges = openJudges(running)
  try {
    const world = await makeWorld(folder, seed, isShort ? 40 : 90)
    const faults = await checkTruth(world, judges, folder)
    const tallies = new Map(names.map((name) => [name, newTally()]))
    for (let at = 0; at < cases; at += 1) {
      const name = names[at % names.length]
      const altered = await ATTACKS[name](world, chanceOf(seed + 7919 * (at + 1)))
      const path = join(folder, altered.zip === undefined ? 'pack' : 'pack.zip')
      writePack(path, altered)
      const said = await judges.ask(path, altered.known ?? {})
      tally(tallies.get(name), altered, { at, said, judges })
      if (at % 50 === 0 && !isShort) comparePrograms(path, altered.known ?? {}, judges, faults)
    }
    sayMissed(say, tallies, faults)
    return [...rowsOf(tallies, seed), programsRow(faults, judges)]
  } finally {
    await judges.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

function sayMissed(say, tallies, faults) {
  for (const fault of faults) say(fault)
  for (const [name, { missed }] of tallies) for (const one of missed) say(`${name}: ${one}`)
}

const newTally = () => ({ cases: 0, alike: 0, found: 0, byLeaf: 0, named: 0, agreed: 0, missed: [] })

function tally(counts, altered, { at, said, judges }) {
  const miss = (what, text) =>
    counts.missed.push(`case ${at}, ${altered.name}: ${what}: ${text.slice(0, 1500)}`)
  const read = said.node.startsWith('{') ? JSON.parse(said.node) : null
  counts.cases += 1
  if (!judges.hasPython || said.node === said.python) counts.agreed += 1
  else miss('they differ', `${said.node.slice(0, 700)} / ${said.python}`)
  if (altered.isAlike) counts.alike += 1
  else if (read?.holds === false) tallyFound(counts, altered.leaf, read, miss)
  else miss('not found', said.node)
}

function tallyFound(counts, leaf, { faults }, miss) {
  counts.found += 1
  if (leaf === null || leaf === undefined) return
  counts.byLeaf += 1
  if (faults.some((fault) => isPlace(fault.leaf, leaf))) counts.named += 1
  else miss(`leaf ${JSON.stringify(leaf)} is not named`, JSON.stringify(faults))
}

/** @param wanted a leaf, some that it may be, or where they begin */
function isPlace(leaf, wanted) {
  if (leaf === null) return false
  if (typeof wanted === 'number') return leaf === wanted
  return wanted.among?.includes(leaf) ?? leaf >= wanted.from
}

/** What nobody altered holds, with all that the auditor knows. */
async function checkTruth(world, judges, folder) {
  const faults = []
  for (const { wish, members } of world.packs) {
    const path = join(folder, 'truth')
    writePack(path, { members })
    const known = wish.previous === undefined ? {} : { trust: world.known.trust, pack: world.known.previous }
    const { node, python } = await judges.ask(path, known)
    if (!node.includes('"holds":true')) faults.push(`a true ${wish.kind} does not hold: ${node}`)
    if (judges.hasPython && node !== python) faults.push(`they differ about a true ${wish.kind}`)
  }
  return faults
}

function comparePrograms(path, known, { hasPython }, faults) {
  if (!hasPython) return
  const { node, python } = askPrograms(path, known)
  if (node.status !== python.status || node.stdout !== python.stdout)
    faults.push(
      `the programs differ: ${node.status} ${node.stdout.slice(0, 300)} / ${python.status} ${python.stdout.slice(0, 300)}`,
    )
}

function rowsOf(tallies, seed) {
  return [...tallies].map(([name, { cases, alike, found, byLeaf, named, agreed }]) => {
    const missed = cases - alike - found + (byLeaf - named) + (cases - agreed)
    return result({
      name: `tamper: ${name}`,
      value: missed,
      unit: 'missed',
      atMost: 0,
      detail: `${found} of ${cases - alike} found, ${named} of ${byLeaf} named by leaf, both verifiers the same in ${agreed} of ${cases}; ${alike} changed no byte; seed ${seed}`,
    })
  })
}

const programsRow = (faults, { hasPython }) =>
  result({
    name: 'tamper: true packs hold; the programs say the same',
    value: faults.length,
    unit: 'faults',
    atMost: 0,
    detail: hasPython ? 'verify.mjs and verify.py' : 'verify.mjs only: there is no python3',
  })
