// One process: our engine and its peers on the same rules and requests, answers compared first, then CPU time per decision in turns.
import { compilePolicies, decide } from '@writ/policy'
import { casbinPeer, cedarPeer, celPeer, factsOf, jsonLogicPeer } from './peers.mjs'
import { GROUP, samplePolicies, sampleQuestions } from './sample.mjs'

const ROUNDS = 9
const policies = samplePolicies()
const requests = sampleQuestions()
const rules = policies.flatMap(({ document }) => document.rules)
const settings = {
  groups: [{ id: GROUP, name: 'bench', default: 'allow', oversize: 'deny', approvers: 'admins' }],
  overrides: [],
}

const loads = Array.from({ length: 15 }, () => timed(() => compilePolicies(policies, settings)).ms)
const heap = heapOf(() => compilePolicies(policies, settings))
const compiled = compilePolicies(policies, settings)
if (compiled.faults.length > 0) throw new Error(JSON.stringify(compiled.faults[0]))

const given = requests.map(({ question, signals }) => ({
  question,
  given: {
    inspection: {
      sightings: signals.map((signal) => ({ signal, path: '', start: 0, end: 0, place: 'text' })),
      fault: null,
    },
    keys: null,
  },
}))
const facts = requests.map(factsOf)

const engines = {
  writ: (at) => decide(compiled, given[at].question, given[at].given),
  'cedar-wasm': withFacts(cedarPeer(rules)),
  'cel-js': withFacts(celPeer(rules)),
  'json-logic-engine': withFacts(jsonLogicPeer(rules)),
  casbin: withFacts(await casbinPeer(rules)),
}
const matched = assertEqualAnswers()
const figures = measure()
console.log(JSON.stringify({ figures, matchedPerRequest: matched, loadMs: median(loads), heapBytes: heap }))

function withFacts(peer) {
  return (at) => peer(facts[at])
}

/** @returns the rules that match a request, on average. @throws when any engine answers otherwise than ours */
function assertEqualAnswers() {
  let total = 0
  for (const at of requests.keys()) {
    const ours = engines
      .writ(at)
      .matches.map(({ rule }) => rule)
      .toSorted()
    total += ours.length
    for (const name of ['cedar-wasm', 'cel-js', 'json-logic-engine']) {
      const theirs = engines[name](at)
      if (theirs.join() !== ours.join())
        throw new Error(`${name} answers request ${at} with ${theirs}, not ${ours}`)
    }
    if (engines.casbin(at) !== ours.length > 0) throw new Error(`casbin answers request ${at} otherwise`)
  }
  return total / requests.length
}

/** CPU microseconds per decision: the engines take turns, and of each the median round counts. */
function measure() {
  const times = Object.fromEntries(Object.keys(engines).map((name) => [name, []]))
  const repeats = { writ: 60, 'cel-js': 4, 'json-logic-engine': 6 }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, ask] of Object.entries(engines)) times[name].push(microsPer(ask, repeats[name] ?? 1))
  }
  return Object.fromEntries(Object.entries(times).map(([name, rounds]) => [name, median(rounds.slice(2))]))
}

function microsPer(ask, repeats) {
  const before = process.cpuUsage()
  for (let repeat = 0; repeat < repeats; repeat += 1) for (const at of requests.keys()) ask(at)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / (repeats * requests.length)
}

function timed(work) {
  const begun = performance.now()
  work()
  return { ms: performance.now() - begun }
}

/** Bytes that stay: the median growth of the heap over several bundles that are kept. */
function heapOf(make) {
  const kept = []
  const grown = Array.from({ length: 5 }, () => {
    globalThis.gc()
    const before = process.memoryUsage().heapUsed
    kept.push(make())
    globalThis.gc()
    return process.memoryUsage().heapUsed - before
  })
  return median(grown)
}

function median(values) {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)]
}
