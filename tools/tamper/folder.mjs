// Unzipped packs, with files in the folder that no pack has, or that are no files.
import { spawnSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pick } from './world.mjs'

/** [name, (path of the folder, path of a member in it) => void] */
const SPOILS = [
  ['a file of the system', (path) => writeFileSync(join(path, '.DS_Store'), '')],
  ['a folder of the system', (path) => mkdirSync(join(path, '__MACOSX'))],
  ['a name of objects', (path) => writeFileSync(join(path, '__proto__'), '')],
  ['a name with a line break', (path) => writeFileSync(join(path, 'records.jsonl\n'), '')],
  ['a member is a link to itself', (_, member) => replaced(member, () => symlinkSync(member, member))],
  ['a member is a link to its bytes', (path, member) => linkTo(member, `${path}.elsewhere`)],
  ['a member is a folder', (_, member) => replaced(member, () => mkdirSync(member))],
  ['a member is a pipe', (_, member) => replaced(member, () => spawnSync('mkfifo', [member]))],
  // macOS has no such names
  ...(process.platform === 'linux' ? [['a name that is no UTF-8', noText]] : []),
]

function replaced(member, make) {
  rmSync(member)
  make()
}

function linkTo(member, elsewhere) {
  renameSync(member, elsewhere)
  symlinkSync(elsewhere, member)
}

function noText(path) {
  writeFileSync(Buffer.concat([Buffer.from(`${path}/records`), Buffer.of(0xff)]), '')
}

export function spoiledFolder(world, chance) {
  const { members } = pick(world.packs, chance)
  const [name, spoil] = pick(SPOILS, chance)
  const member = pick([...members.keys()], chance)
  return { name, members, spoil: (path) => spoil(path, join(path, member)), leaf: null }
}
