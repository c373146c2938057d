// Many lines at once: blocks that are gone, turned round or moved far, in all that has a line for each record or in a part of it.
import { bytesOfLines, leavesIn, linesIn, linesOfTable, pick, sealedByAny, tableOf } from './world.mjs'

const MEMBERS = ['records.jsonl', 'leaves.txt', 'proofs.jsonl', 'records.csv']

/** [name, (count, chance) => the order of the rows, as where each stood]; a row may be in it never or twice */
const ORDERS = [
  ['a block is gone', (count, chance) => withBlock(count, chance, () => [])],
  ['a block is reversed', (count, chance) => withBlock(count, chance, (block) => block.toReversed())],
  ['a block stands twice', (count, chance) => withBlock(count, chance, (block) => [...block, ...block])],
  ['every second is gone', (count) => placesOf(count).filter((at) => at % 2 === 0)],
  ['all but one are gone', (count, chance) => [chance(count)]],
  ['all are gone', () => []],
  ['all are reversed', (count) => placesOf(count).toReversed()],
  ['all are shuffled', shuffled],
  ['the end stands first', (count, chance) => turned(placesOf(count), 1 + chance(count - 1))],
  ['one stands far from its place', farAway],
  ['two far apart change places', farSwapped],
  [
    'one stands in the place of another',
    (count, chance) => placesOf(count).with(chance(count), chance(count)),
  ],
]

const placesOf = (count) => Array.from({ length: count }, (_, at) => at)
const turned = (places, by) => [...places.slice(by), ...places.slice(0, by)]

function withBlock(count, chance, edit) {
  const length = 2 + chance(5)
  const from = chance(count - length)
  const places = placesOf(count)
  return places.toSpliced(from, length, ...edit(places.slice(from, from + length)))
}

function shuffled(count, chance) {
  const left = placesOf(count)
  return placesOf(count).map(() => left.splice(chance(left.length), 1)[0])
}

function farAway(count, chance) {
  const places = placesOf(count)
  const [one] = places.splice(chance(count), 1)
  return places.toSpliced(chance(count), 0, one)
}

function farSwapped(count, chance) {
  const [one, other] = [chance(count), chance(count)]
  return placesOf(count).with(one, other).with(other, one)
}

/** Records, and whichever of the other members have a line for each, stand in another order. */
export function otherOrder(world, chance) {
  const { members, log } = pick(world.packs, chance)
  const leaves = leavesIn(members)
  const [what, make] = pick(ORDERS, chance)
  const order = make(leaves.length, chance)
  const others = MEMBERS.slice(1).filter((name) => members.has(name) && chance(2) === 0)
  const altered = new Map(members)
  for (const name of ['records.jsonl', ...others]) altered.set(name, inOrder(members, name, order))
  return {
    name: `${what}: records.jsonl ${others.join(' ')}`,
    members: sealedByAny(altered, log, chance),
    leaf: touchedBy(order, leaves, others.includes('leaves.txt')),
    isAlike: [...altered].every(([name, bytes]) => bytes.equals(members.get(name))),
  }
}

function inOrder(members, name, order) {
  if (name === 'records.csv') {
    const [header, ...rows] = linesOfTable(members)
    return tableOf([header, ...order.map((at) => rows[at])])
  }
  const lines = linesIn(members, name)
  return bytesOfLines(order.map((at) => lines[at]))
}

/** The leaves whose rows are gone, stand twice or stand elsewhere. Of what is gone with its leaf index a pack of some records need not know. */
function touchedBy(order, leaves, isRenumbered) {
  const isRange = leaves.at(-1) - leaves[0] === leaves.length - 1
  const isOnlyLess = order.every((place, at) => at === 0 || order[at - 1] < place)
  if (isOnlyLess && isRenumbered && !isRange) return null
  const isOnce = (at) => order.filter((place) => place === at).length === 1
  const touched = leaves.filter((_, at) => !isOnce(at) || (!isOnlyLess && order[at] !== at))
  return touched.length === 0 ? null : { among: touched }
}
