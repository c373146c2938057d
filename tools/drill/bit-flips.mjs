// One bit is another in the spool, in a tile, in a row of the database or in an export: found every time, by opening or by both verifiers (fault drill 15).
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { result } from '../bench/figures.mjs'
import { openJudges, writePack } from '../tamper/judges.mjs'
import { flippedPlaces } from '../tamper/places.mjs'
import { chanceOf, makeWorld } from '../tamper/world.mjs'

const FLIPS = 1000
const SHORT_FLIPS = 40

export async function run({ say, running, short, seed, cases = short ? SHORT_FLIPS : FLIPS }) {
  const folder = mkdtempSync(join(tmpdir(), 'writ-flips-'))
  running.add('files of the flips', () => rmSync(folder, { recursive: true, force: true }))
  const judges = openJudges(running)
  try {
    const places = flippedPlaces(await makeWorld(folder, seed, short ? 40 : 90))
    const rows = []
    for (const [at, place] of Object.keys(places).entries()) {
      say(`${cases} flips in ${place} …`)
      rows.push(await flipped(place, places[place], { folder, judges, cases, seed: seed + 31 * at }))
    }
    return rows
  } finally {
    await judges.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function flipped(place, makeCase, { folder, judges, cases, seed }) {
  const counts = { found: 0, alike: 0, byLeaf: 0, named: 0, differ: 0 }
  const chance = chanceOf(seed)
  for (let at = 0; at < cases; at += 1) {
    const verdict = await makeCase(chance, async (altered) => {
      const path = join(folder, altered.zip === undefined ? 'pack' : 'pack.zip')
      writePack(path, altered)
      const { node, python } = await judges.ask(path, altered.known ?? {})
      if (judges.hasPython && node !== python) counts.differ += 1
      return JSON.parse(node)
    })
    if (verdict.isAlike) counts.alike += 1
    else if (verdict.isFound) counts.found += 1
    if (verdict.isNamed !== undefined) counts.byLeaf += 1
    if (verdict.isNamed) counts.named += 1
  }
  const { found, alike, byLeaf, named, differ } = counts
  return result({
    name: `bit-flips: missed in ${place}`,
    value: cases - alike - found + (byLeaf - named) + differ,
    unit: 'flips',
    atMost: 0,
    detail: `${found} of ${cases - alike} found, ${named} of ${byLeaf} named by leaf, ${differ} judged otherwise by the second verifier, ${alike} changed nothing that is said`,
  })
}
