// CPU time of the ten session templates, as shipped, after histories of 10 to 10,000 events. Prints one line of JSON for each figure.
// `session.ten`: what their conditions ask of a session, as one decision over all ten less one over none, for calls whose arguments were
// seen before. `session.new`: the same for calls that are new in every value, so that all fingerprints are made as well.
// `session.reserve`: folding one call into the state.
import {
  compilePolicies,
  decide,
  newSession,
  observe,
  planOf,
  reserve,
  TEMPLATES,
  valuesNow,
} from '@writ/policy'

const ulid = (number) => String(number).padStart(26, '0')
const GROUP = `grp_${ulid(1)}`
const BEGIN = Date.UTC(2026, 10, 21)
const KEYS = { tenant: new Uint8Array(32).fill(7), sessionId: `ses_${ulid(1)}` }
const SETTINGS = {
  groups: [{ id: GROUP, name: 'bench', default: 'allow', oversize: 'deny', approvers: 'admins' }],
  overrides: [],
}
const INSPECTION = { sightings: [], fault: null }
const HISTORIES = [10, 1_000, 10_000]
const CALLS = 64

const isLocal = ({ tests = [] }) => tests.every(({ call }) => call.channel === 'hooks')
const policies = TEMPLATES.filter(
  ({ attachedByDefault, document }) => !attachedByDefault && !isLocal(document),
).map(({ name, document }, at) => ({
  id: `pol_${ulid(at)}`,
  name,
  version: 1,
  groups: [GROUP],
  document: { ...document, tests: [] },
}))
const ten = compilePolicies(policies, SETTINGS)
const none = compilePolicies([], SETTINGS)
const plan = planOf(policies)

const CLASSES = ['money', 'sink.external', 'write.shared', 'read.private']
let fresh = 0

function eventOf(number, mark) {
  const tool = `tool_${number % 4}`
  const resource = `shop/${tool}`
  return {
    kind: number % 97 === 7 ? 'denial' : 'call',
    nowMs: BEGIN + number * 2_500,
    action: { method: 'tools/call', tool, class: CLASSES[number % 4], classSource: 'admin', resource },
    connection: { id: `con_${ulid(1)}`, name: 'shop', trust: 'external' },
    args: { amount: number % 40, to: `customer-${mark}@example.com`, memo: `invoice ${mark}` },
    keys: KEYS,
  }
}

function stateAfter(events) {
  let state = observe(newSession(BEGIN), { labels: ['private'] })
  for (let number = 0; number < events; number += 1)
    state = reserve(state, plan, eventOf(number, number % 300))
  for (let page = 0; page < 40; page += 1) {
    const content = Array.from(
      { length: 100 },
      (_, row) => `record ${page}-${row} of ana@customer-${row}.example`,
    )
    state = observe(state, {
      answer: { values: valuesNow(content, KEYS), sources: ['private', 'untrusted'] },
    })
  }
  // within the budget, so that no rule matches and only the asking is measured
  return { ...state, calls: 400, startedAtMs: BEGIN + events * 2_500 - 3_600_000 }
}

function questionsAfter(state, events, markOf) {
  const principal = { id: `agt_${ulid(1)}`, name: 'bench', groups: [GROUP] }
  return Array.from({ length: CALLS }, (_, at) => {
    const { keys: _keys, kind: _kind, ...event } = eventOf(events + at, markOf(at))
    return {
      ...event,
      agent: principal,
      human: principal,
      chain: [principal],
      groups: [GROUP],
      session: { id: KEYS.sessionId, state },
      tool: { pin: 'approved', annotations: {} },
      channel: 'gateway',
      direction: 'outbound',
      content: { name: event.action.tool, arguments: event.args },
    }
  })
}

const median = (numbers) => numbers.toSorted((left, right) => left - right)[Math.floor(numbers.length / 2)]
const rounded = (number) => Math.round(number * 100) / 100

function microsecondsOf(work, items) {
  const before = process.cpuUsage()
  for (const item of items) work(item)
  const spent = process.cpuUsage(before)
  return (spent.user + spent.system) / items.length
}

/** Median over rounds; the items of every round are made before its clock starts. */
function measure(work, itemsOf) {
  for (let warm = 0; warm < 15; warm += 1) microsecondsOf(work, itemsOf())
  return median(Array.from({ length: 25 }, () => microsecondsOf(work, itemsOf())))
}

const given = { inspection: INSPECTION, keys: KEYS }
const repeated = (items) => Array.from({ length: 40 }, () => items).flat()

for (const events of HISTORIES) {
  const state = stateAfter(events)
  const known = repeated(questionsAfter(state, events, (at) => at % 300))
  const newOnes = () =>
    Array.from({ length: 20 }, () => questionsAfter(state, events, () => (fresh += 1) + 1_000)).flat()
  const byNone = measure(
    (question) => decide(none, question, given),
    () => known,
  )
  const byTen = measure(
    (question) => decide(ten, question, given),
    () => known,
  )
  const byTenNew = measure((question) => decide(ten, question, given), newOnes)
  const folding = measure(
    (event) => reserve(state, plan, event),
    () => Array.from({ length: CALLS }, (_, at) => eventOf(events + at, (fresh += 1) + 1_000)),
  )
  const detail = {
    events,
    policies: policies.length,
    stateBytes: JSON.stringify(state).length,
    decideNone: rounded(byNone),
  }
  print('session.ten', byTen - byNone, { ...detail, decide: rounded(byTen) })
  print('session.new', byTenNew - byNone, detail)
  print('session.reserve', folding, detail)
}

function print(name, value, detail) {
  console.log(JSON.stringify({ name, unit: 'us', value: rounded(value), detail }))
}
