// What is said of each record in more than one member of a pack, altered in one of them, or in all but one. The attacker signs as the log does,
// or has no key and makes the hashes fit.
import {
  bytesOfLines,
  leavesIn,
  linesIn,
  linesOfTable,
  manifestOf,
  pick,
  sealedByAny,
  tableOf,
} from './world.mjs'

const MEMBERS = ['records.jsonl', 'leaves.txt', 'proofs.jsonl', 'records.csv']

/** [name, (lines, at) => lines, (leaves, at) => the leaf that must be named]; there are two lines at least behind `at`. */
const EDITS = [
  ['a line is gone', (lines, at) => lines.toSpliced(at, 1), (leaves, at) => leaves[at]],
  ['a line stands twice', (lines, at) => lines.toSpliced(at, 0, lines[at]), among],
  ['two lines change places', (lines, at) => lines.toSpliced(at, 2, lines[at + 1], lines[at]), among],
  ['the line of another record', (lines, at) => lines.with(at, lines[at + 2]), (leaves, at) => leaves[at]],
  ['the last lines are gone', (lines, at) => lines.slice(0, at), (leaves, at) => leaves[at]],
]

function among(leaves, at) {
  return { among: [leaves[at], leaves[at + 1]] }
}

/** A leaf index that is another number, mostly one that still ascends. */
function indexEdit(world, chance) {
  const { members, log } = pick(world.packs, chance)
  const leaves = leavesIn(members)
  const at = chance(leaves.length)
  const other = Math.max(leaves[at] + pick([-2, -1, 1, 2], chance), 0)
  const index = other === leaves[at] ? other + 1 : other
  const altered = withLines(members, 'leaves.txt', (lines) => lines.with(at, index))
  return { name: 'leaves.txt: another index', members: sealedByAny(altered, log, chance), leaf: leaves[at] }
}

/** One member says it otherwise than the others. */
export const lineEdit = (world, chance) =>
  pick([linesEdit, linesEdit, indexEdit, early], chance)(world, chance)

/** A line stands before all others: it is named, and not only those that wait for it. */
function early(world, chance) {
  const { members, log } = pick(world.packs, chance)
  const own = new Map([
    ['proofs.jsonl', leavesIn],
    ['disclosures.jsonl', () => linesIn(members, 'disclosures.jsonl').map((line) => JSON.parse(line).leaf)],
    ['records.csv', leavesIn],
  ])
  const [name, leaves] = pick(
    [...own].flatMap(([member, leavesOf]) => (members.has(member) ? [[member, leavesOf(members)]] : [])),
    chance,
  )
  if (leaves.length < 2) return linesEdit(world, chance)
  const at = 1 + chance(leaves.length - 1)
  const altered = withLines(members, name, (lines) => [lines[at], ...lines.toSpliced(at, 1)])
  return {
    name: `${name}: a line stands first`,
    members: sealedByAny(altered, log, chance),
    leaf: leaves[at],
  }
}

function linesEdit(world, chance) {
  const { members, log } = pick(world.packs, chance)
  const leaves = leavesIn(members)
  const name = pick(
    MEMBERS.filter((member) => members.has(member)),
    chance,
  )
  const [what, edit, leafOf] = pick(EDITS, chance)
  const at = chance(leaves.length - 2)
  const altered = withLines(members, name, (lines) => edit(lines, at))
  return { name: `${name}: ${what}`, members: sealedByAny(altered, log, chance), leaf: leafOf(leaves, at) }
}

/** A record is gone from all members but one. */
export function rowGone(world, chance) {
  const { members, log } = pick(
    world.packs.filter((one) => manifestOf(one.members).kind !== 'range'),
    chance,
  )
  const leaves = leavesIn(members)
  const at = chance(leaves.length)
  const disclosing = linesIn(members, 'disclosures.jsonl').some(
    (line) => JSON.parse(line).leaf === leaves[at],
  )
  const kept = pick(
    [...MEMBERS.slice(1), ...(disclosing ? ['disclosures.jsonl'] : [])].filter((name) => members.has(name)),
    chance,
  )
  let altered = members
  for (const name of MEMBERS)
    if (members.has(name) && name !== kept)
      altered = withLines(altered, name, (lines) => lines.toSpliced(at, 1))
  if (kept !== 'disclosures.jsonl') altered = withoutDisclosures(altered, leaves[at])
  return {
    name: `a record is gone but from ${kept}`,
    members: sealedByAny(altered, log, chance),
    leaf: leaves[at],
  }
}

/** @param edit gets and gives the lines that are of records */
function withLines(members, name, edit) {
  if (name !== 'records.csv') return new Map(members).set(name, bytesOfLines(edit(linesIn(members, name))))
  const [header, ...rows] = linesOfTable(members)
  return new Map(members).set(name, tableOf([header, ...edit(rows)]))
}

const withoutDisclosures = (members, leaf) =>
  new Map(members).set(
    'disclosures.jsonl',
    bytesOfLines(linesIn(members, 'disclosures.jsonl').filter((line) => JSON.parse(line).leaf !== leaf)),
  )
