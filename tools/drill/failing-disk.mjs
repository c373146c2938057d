// Every system call of a spool on its disk fails once, each in turn: nothing is acknowledged that is not there, and a stream ends where it failed (fault drill 14).
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createHash } from 'node:crypto'
import { result } from '../bench/figures.mjs'
import { framesOf, spoolFilesBelow } from './ledger/oracle.mjs'
import { none, notMeasured } from './ledger/rows.mjs'
import { openShim } from './ledger/shim.mjs'
import { traced, whyNoTracing } from './ledger/strace.mjs'
import { numbersFrom, pick } from './soak/dice.mjs'

const NAME = 'failing-disk'
const CHILD = fileURLToPath(new URL('ledger/spool-child.mjs', import.meta.url))
const SHORT_CASES = 5
const ERRORS = ['error=EIO', 'error=ENOSPC']
/** Taken is nothing, and no error: what a full disk says by its count alone. */
const SHORT_COUNT = 'retval=0'
const SHOWN = 4

export async function run({ say, running, short, seed, cases = short ? SHORT_CASES : Infinity }) {
  const tracer = tracerOf(running)
  if ('why' in tracer)
    return [notMeasured(`${NAME}: acknowledged and not on the disk`, 'records', '<= 0', tracer.why)]
  const world = openWorld(running, tracer)
  const { calls } = await runChild(world, undefined)
  const faults = chosen(faultsOf(calls), cases, numbersFrom(seed))
  say(`${calls.length} calls, ${faults.length} runs …`)
  const runs = []
  for (const fault of faults) runs.push({ fault, ...(await runChild(world, fault)) })
  return rowsOf(calls, runs)
}

/** strace; where there is none, a library of ours. */
function tracerOf(running) {
  const why = whyNoTracing()
  if (why === null) return { traced }
  return openShim(running) ?? { why: `${why}, and no C compiler` }
}

function openWorld(running, tracer) {
  const dir = mkdtempSync(join(tmpdir(), 'writ-failing-disk-'))
  running.add('folder of the drill', () => rmSync(dir, { recursive: true, force: true }))
  const folder = join(dir, 'spool')
  const names = ['reserve', ...[1, 2, 3].flatMap((boot) => numbered(boot, 9))]
  return {
    ...tracer,
    folder,
    acknowledged: join(dir, 'acknowledged'),
    paths: [folder, ...names.map((name) => join(folder, name))],
  }
}

const padded = (number, length) => String(number).padStart(length, '0')
const numbered = (boot, most) =>
  Array.from({ length: most }, (_, at) => `boo_${padded(boot, 26)}.${padded(at + 1, 8)}.spool`)

/** Each call in turn, writes with each error and without one. */
function faultsOf(calls) {
  const counts = new Map()
  return calls.flatMap(({ call, path }) => {
    const at = (counts.get(call) ?? 0) + 1
    counts.set(call, at)
    const ways = call === 'pwrite64' ? [...ERRORS, SHORT_COUNT] : ERRORS.slice(0, 1)
    return ways.map((how) => ({ call, path, at, how }))
  })
}

/** Some of all, with writes and syncs among them. */
function chosen(faults, cases, random) {
  if (faults.length <= cases) return faults
  const matter = faults.filter(({ call, path }) => /pwrite64|sync/.test(call) && !path.endsWith('reserve'))
  return Array.from({ length: cases }, (_, at) => pick(random, at % 2 === 0 ? matter : faults))
}

async function runChild({ traced: trace, folder, acknowledged, paths }, fault) {
  rmSync(folder, { recursive: true, force: true })
  rmSync(acknowledged, { force: true })
  const words = [process.execPath, CHILD, folder, acknowledged]
  const { calls } = await trace({ words, paths, fault })
  const told = readFileSync(acknowledged, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const frames = spoolFilesBelow(folder).flatMap((path) => framesOf(readFileSync(path)))
  const confirmed = new Map(told.flatMap(({ confirmed: one }) => (one ? [[one.stream, one.seq]] : [])))
  return { calls, told, frames, confirmed, reopened: await reopen(folder, confirmed) }
}

/** What the product itself finds again, told by the ledger how far it has each stream: what is below may be there or not. */
async function reopen(folder, confirmed) {
  const { openSpoolDisk, Spool, spoolLimits } = await import('@writ/point')
  const limits = spoolLimits(16 * 1024 * 1024)
  const spool = await Spool.open(await openSpoolDisk(folder), `boo_${padded(9, 26)}`, limits, () => {})
  const found = []
  for (const [stream, nextSeq] of confirmed) await spool.confirm(stream, nextSeq)
  for (const { stream } of spool.heads())
    for (const { seq, bytes } of await spool.read(stream, confirmed.get(stream) ?? 0, 1000))
      found.push(`${stream} ${seq} ${sha256(bytes)}`)
  await spool.close()
  return new Set(found)
}

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')

function rowsOf(calls, runs) {
  const judged = runs.map((one) => ({ ...one, ...verdictOf(one) }))
  const sum = (name) => judged.reduce((total, one) => total + one[name], 0)
  const where = (name) =>
    judged
      .filter((one) => one[name] > 0)
      .slice(0, SHOWN)
      .map(({ fault: { call, at, how, path } }) => `${call} ${at} ${how} (${path.split('/').at(-1)})`)
      .join('; ')
  const counted = new Set(judged.map(({ fault: { call } }) => call))
  const row = (what, name, unit, detail) => none(`${NAME}: ${what}`, sum(name), unit, where(name) || detail)
  return [
    result({
      name: `${NAME}: calls that were made to fail`,
      value: judged.filter(({ calls: seen }) => seen.some(({ isInjected }) => isInjected)).length,
      unit: 'runs',
      atLeast: runs.length,
      detail: `of ${calls.length} calls on the spool’s files: ${[...counted].join(', ')}`,
    }),
    row(
      'acknowledged and not on the disk',
      'missing',
      'records',
      'read as the format says, and found again by the product itself',
    ),
    row(
      'acknowledged after a failure in the same stream',
      'afterFence',
      'records',
      'a stream ends where its disk failed; a new one begins',
    ),
    row(
      'streams that do not hold together',
      'broken',
      'streams',
      'numbers without a gap, each with the hash of its predecessor',
    ),
    row('runs that did not end in order', 'dead', 'runs', 'a failure is a refusal and no crash'),
  ]
}

function verdictOf({ told, frames, confirmed, reopened }) {
  const acknowledged = told.filter(({ sha256: hash }) => hash !== undefined)
  const onDisk = new Set(frames.map(({ stream, seq, bytes }) => `${stream} ${seq} ${sha256(bytes)}`))
  const needed = acknowledged.filter(({ stream, seq }) => seq >= (confirmed.get(stream) ?? 0))
  const isThere = ({ stream, seq, sha256: hash }) => {
    const place = `${stream} ${seq} ${hash}`
    return onDisk.has(place) && reopened.has(place)
  }
  return {
    missing: needed.filter((one) => !isThere(one)).length,
    afterFence: afterFence(told),
    broken: brokenStreams(frames.filter(({ stream, seq }) => seq >= (confirmed.get(stream) ?? 0))),
    dead: Number(!told.some(({ isWhole }) => isWhole)),
  }
}

function afterFence(told) {
  let [last, found] = [null, 0]
  const ended = new Set()
  for (const { fenced, stream } of told) {
    if (fenced !== undefined && last !== null) ended.add(last)
    if (stream !== undefined && ended.has(stream)) found += 1
    if (stream !== undefined) last = stream
  }
  return found
}

function brokenStreams(frames) {
  const byStream = new Map()
  for (const frame of frames) byStream.set(frame.stream, [...(byStream.get(frame.stream) ?? []), frame])
  return [...byStream.values()].filter((some) => !isChain(some)).length
}

const isChain = (frames) =>
  frames
    .toSorted((one, other) => one.seq - other.seq)
    .every(({ seq, bytes }, at, sorted) => {
      const before = sorted[at - 1]
      return at === 0 || (seq === before.seq + 1 && JSON.parse(bytes).prev === sha256(before.bytes))
    })
