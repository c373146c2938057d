// The reader of messages and the splitter of event streams, against messages that are broken on purpose; `--cases N`, `--seed N`.
import { result } from '../bench/figures.mjs'
import { pythonReads } from './fuzz/python.mjs'

const CASES = 200_000
const SHORT_CASES = 5_000
/** Of the bodies that are read, so many go to a real Python where there is one. */
const TO_PYTHON = 20_000
const SHOWN = 5
const MIB = 1_048_576

export async function run({ say, short, seed, cases = short ? SHORT_CASES : CASES }) {
  const mcp = await import('@writ/mcp')
  const suites = await import('@writ/mcp/suites')
  say(`${cases} bodies …`)
  const read = fuzzReader(suites, { seed, cases })
  say(`${Math.ceil(cases / 8)} streams …`)
  const split = fuzzSplitter(suites, { seed, cases: Math.ceil(cases / 8) })
  say('what costs the most …')
  const slow = slowest(mcp, suites)
  const dripped = drippedEvent(mcp)
  return [
    faultsRow('fuzz: reader', read, `${read.tried} bodies, ${read.readCount} of them read`),
    result({
      name: 'fuzz: slowest body',
      value: read.slowestMs,
      unit: 'ms of CPU',
      atMost: 250,
      detail: 'one body of at most some kilobytes, with all its checks',
    }),
    result({
      name: 'fuzz: memory',
      value: read.grownBytes / MIB,
      unit: 'MiB',
      atMost: 200,
      detail: 'growth of the resident set over all bodies',
    }),
    result({
      name: 'fuzz: slowest body of 1 MiB',
      value: slow.ms,
      unit: 'ms of CPU',
      atMost: 250,
      detail: slow.title,
    }),
    faultsRow('fuzz: splitter', split, `${split.tried} streams, each in five ways of cutting it into chunks`),
    result({
      name: 'fuzz: an event of 1 MiB, byte by byte',
      value: dripped / MIB,
      unit: 'MiB',
      atMost: 16,
      detail: 'memory that the splitter holds for it',
    }),
    await pythonReads(suites, read.read),
  ]
}

function faultsRow(name, { faults }, what) {
  const shown = faults.slice(0, SHOWN).map(({ seed, fault }) => `seed ${seed}: ${fault}`)
  const detail = shown.length === 0 ? what : `${what}; ${shown.join('; ')}`
  return result({ name, value: faults.length, unit: 'faults', atMost: 0, detail })
}

function fuzzReader({ bodyOf, tryReader }, { seed, cases }) {
  const faults = []
  const read = []
  let readCount = 0
  let slowestMs = 0
  const before = process.memoryUsage.rss()
  for (let at = 0; at < cases; at += 1) {
    const body = bodyOf(seed + at)
    const begun = process.cpuUsage()
    const { isRead, fault } = caught(() => tryReader(body))
    slowestMs = Math.max(slowestMs, cpuMsSince(begun))
    if (isRead) readCount += 1
    if (isRead && read.length < TO_PYTHON) read.push(body)
    if (fault !== null) faults.push({ seed: seed + at, fault })
  }
  return { tried: cases, faults, read, readCount, slowestMs, grownBytes: process.memoryUsage.rss() - before }
}

/** Of this process, so that what else runs on the machine counts for nothing. */
function cpuMsSince(begun) {
  const { user, system } = process.cpuUsage(begun)
  return (user + system) / 1_000
}

function caught(work) {
  try {
    return work()
  } catch (error) {
    return { isRead: false, fault: `it throws: ${error.message}` }
  }
}

function fuzzSplitter({ splitterFault }, { seed, cases }) {
  const faults = []
  for (let at = 0; at < cases; at += 1) {
    const { fault } = caught(() => ({ fault: splitterFault(seed + at) }))
    if (fault !== null) faults.push({ seed: seed + at, fault })
  }
  return { tried: cases, faults }
}

function slowest({ readMessage }, { WORST }) {
  const limits = { maxBytes: 2 * MIB, maxDepth: 64 }
  const timed = WORST.map(({ title, body }) => {
    const bytes = Buffer.from(body(MIB))
    const begun = process.cpuUsage()
    readMessage(bytes, limits)
    return { title, ms: cpuMsSince(begun) }
  })
  return timed.reduce((most, one) => (one.ms > most.ms ? one : most))
}

function drippedEvent({ createEventSplitter }) {
  const splitter = createEventSplitter({ maxBytes: 2 * MIB })
  const before = memoryHeld()
  for (let at = 0; at < MIB; at += 1) splitter.push(Uint8Array.of(0x61))
  const held = memoryHeld() - before
  splitter.end()
  return Math.max(0, held)
}

function memoryHeld() {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
