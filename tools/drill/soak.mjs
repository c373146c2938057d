// A day in miniature: 200,000 mixed calls with churn of sessions, agents and policies, failing upstreams, clients that hang up or do not read; `--cases N`.
import { setTimeout as sleep } from 'node:timers/promises'
import { result } from '../bench/figures.mjs'
import { createClient } from './soak/client.mjs'
import { numbersFrom } from './soak/dice.mjs'
import { recordsOf } from './soak/records.mjs'
import { createTally } from './soak/tally.mjs'
import { openVitals } from './soak/vitals.mjs'
import { churn, startSoak } from './soak/world.mjs'

const CALLS = 200_000
const SHORT_CALLS = 1200
const CLIENTS = 24
/** The first quarter fills caches and pools; what is there after it is what is compared with. */
const LEGS = 4
const MIB = 1024 * 1024

export async function run({ say, running, short, seed, cases = short ? SHORT_CALLS : CALLS }) {
  const vitals = openVitals(running)
  const world = await startSoak(running, vitals.environment)
  const tally = createTally()
  const clients = Array.from({ length: CLIENTS }, (_, at) =>
    createClient({ random: numbersFrom(seed + at), crowd: world.crowd, urls: world.urls, tally }),
  )
  const over = new AbortController()
  running.add('churn', () => over.abort())
  const churning = churn(world, { signal: over.signal, sent: tally.sent, each: short ? 12 : 250 })
  let before
  for (let leg = 1; leg <= LEGS; leg += 1) {
    await runLeg(clients, tally, (cases * leg) / LEGS)
    const now = await vitals.of(world.gateway.pid)
    say(
      `${tally.sent()} requests; ${Math.round(now.heapBytes / MIB)} MiB live, ${now.sockets} sockets, ${now.timers} timers`,
    )
    if (leg === 1) before = await atRest(vitals, world.gateway.pid)
  }
  over.abort()
  const done = await churning
  const after = await calmed(vitals, world.gateway.pid, before)
  const records = await recordsOf(world, tally.decisions)
  return rows({ cases, tally, done, before, after, records })
}

/** All clients act until so many requests have been sent, then let go of their sockets. */
async function runLeg(clients, tally, until) {
  await Promise.all(
    clients.map(async ({ act, rest }) => {
      while (tally.sent() < until) await act()
      rest()
    }),
  )
}

const CALM_MS = 90_000

/**
 * The vitals of the gateway once nothing is under way: sockets to upstreams are let go of after a while. Without `before`, once they are the same twice.
 */
async function calmed(vitals, pid, before) {
  let last = await vitals.of(pid)
  for (let waited = 0; waited < CALM_MS; waited += CALM_STEP_MS) {
    await sleep(CALM_STEP_MS)
    const now = await vitals.of(pid)
    const least = before ?? last
    last = now
    if (now.sockets <= least.sockets && now.timers <= least.timers) break
  }
  return last
}

const CALM_STEP_MS = 2000
const LOOKS = 4

/** What a calm gateway has: while a recurring task runs its timer is not set, so that one look may see fewer than there are. */
async function atRest(vitals, pid) {
  let most = await calmed(vitals, pid)
  for (let look = 1; look < LOOKS; look += 1) {
    await sleep(CALM_STEP_MS)
    const now = await vitals.of(pid)
    if (now.sockets <= most.sockets) most = { ...now, timers: Math.max(now.timers, most.timers) }
  }
  return most
}

function rows({ cases, tally, done, before, after, records }) {
  const { fates, statuses, figures } = tally
  const counted = Object.entries({ ...fates, ...statuses }).map(([what, times]) => `${what} ${times}`)
  return [
    result({
      name: 'soak: requests',
      value: tally.sent(),
      unit: 'requests',
      atLeast: cases,
      detail: `${counted.join(', ')}; ${done.edits} edits of the policy, ${done.agents} agents replaced`,
    }),
    result({
      name: 'soak: answered with a result',
      value: figures.results / tally.sent(),
      unit: 'of all',
      atLeast: 0.6,
      detail: 'so that what is measured is work and not refusals',
    }),
    none(
      'unanswered',
      fates.unanswered,
      'requests',
      tally.unanswered() || 'every one has its answer or its reason',
    ),
    none('replays accepted', figures.replaysAccepted, 'requests', 'each proof counts once'),
    ...leakRows(before, after),
    ...recordRows(records, tally.decisions.length),
  ]
}

const none = (what, value, unit, detail) => result({ name: `soak: ${what}`, value, unit, atMost: 0, detail })

function leakRows(before, after) {
  const grown = (what) => (after[what] - before[what]) / MIB
  const detail = `after a collection: ${Math.round(before.heapBytes / MIB)} MiB after a quarter, ${Math.round(after.heapBytes / MIB)} at the end`
  return [
    result({ name: 'soak: live memory', value: grown('heapBytes'), unit: 'MiB grown', atMost: 16, detail }),
    result({
      name: 'soak: resident memory',
      value: grown('residentBytes'),
      unit: 'MiB grown',
      atMost: 64,
      detail: `${Math.round(after.residentBytes / MIB)} MiB at the end`,
    }),
    none(
      'sockets left',
      Math.max(0, after.sockets - before.sockets),
      'sockets',
      `${before.sockets}, then ${after.sockets}`,
    ),
    none(
      'timers left',
      Math.max(0, after.timers - before.timers),
      'timers',
      `${before.timers}, then ${after.timers}`,
    ),
  ]
}

const recordRows = ({ kept, unclosed, twice, missing }, answers) => [
  none(
    'answers without a closed record',
    missing,
    'answers',
    `${answers} answers name their decision; ${kept} records`,
  ),
  none('opened and never closed', unclosed, 'decisions', 'also of clients that hung up'),
  none('closed twice', twice, 'decisions', ''),
]
