// What the incident desk asks, of a ledger that is full: pages by filters of every kind, decisions with their story, lineage, counts. Real
// statements, by the role of the control plane; each question with other values every time.
import { createTenantScope, searchLeaves, countRecords, timesOfRecords } from '@writ/postgres'
import { IndexLink } from '../../../apps/control-plane/dist/record-index/index-link.js'
import { IndexStanding } from '../../../apps/control-plane/dist/record-index/index-standing.js'
import { RecordSearch } from '../../../apps/control-plane/dist/record-index/record-search.js'
import { DecisionsService } from '../../../apps/control-plane/dist/records/decisions.service.js'
import { LineageService } from '../../../apps/control-plane/dist/records/lineage.service.js'
import { RecordsService } from '../../../apps/control-plane/dist/records/records.service.js'
import { TenantDb } from '../../../apps/control-plane/dist/tenancy/tenant-db.js'
import { result } from '../figures.mjs'

const TIMES = 20
const PAGE = 100
const MOST_MS = 1000
const DAY_MS = 86_400_000

/**
 * @param {{ database: any, tenant: string, records: number, say: (text: string) => void }} filled
 * @returns result rows
 */
export async function measureQueries({ database, tenant, records, say }) {
  const scope = createTenantScope(database)
  const asked = { scope, tenant, say, seen: await samplesOf(scope, tenant) }
  const filters = await measureAll(asked, FILTERS, 'page')
  const stories = await measureAll(asked, STORIES, 'story')
  const counts = await measureAll(asked, COUNTS, 'counts')
  return [
    row('ledger.query.filtered', filters, records, { atMost: MOST_MS }),
    row('ledger.query.story', stories, records, { atMost: MOST_MS }),
    row('ledger.query.counts', counts, records, { atMost: MOST_MS }),
  ]
}

function row(name, kinds, records, bound) {
  const all = kinds.flatMap(({ times }) => times)
  const slowest = kinds.toSorted((one, other) => p95(other.times) - p95(one.times)).slice(0, 3)
  return result({
    name,
    value: p95(all),
    unit: 'ms p95',
    ...bound,
    detail: `${records} records of one tenant, ${kinds.length} kinds of question, ${all.length} times in all; p50 ${p50(all).toFixed(0)} ms; slowest kinds (p95): ${slowest
      .map(({ kind, times }) => `${kind} ${p95(times).toFixed(0)} ms`)
      .join(', ')}`,
  })
}

const at = (times, share) =>
  times.toSorted((one, other) => one - other)[Math.min(times.length - 1, Math.floor(times.length * share))]
const p95 = (times) => at(times, 0.95)
const p50 = (times) => at(times, 0.5)

async function measureAll({ scope, tenant, seen, say }, questions, word) {
  const kinds = []
  for (const [kind, ask] of Object.entries(questions)) {
    const times = []
    for (let time = 0; time < TIMES; time += 1) {
      const one = seen[(time * 7919) % seen.length]
      const begun = performance.now()
      await scope.run(tenant, (manager) => ask(manager, one, { id: tenant, slug: 'bench' }))
      times.push(performance.now() - begun)
    }
    say(`${word} ${kind}: p50 ${p50(times).toFixed(0)} ms, p95 ${p95(times).toFixed(0)} ms`)
    kinds.push({ kind, times })
  }
  return kinds
}

/** Records from all over the log: what is asked for is what there is. */
async function samplesOf(scope, tenant) {
  const size = await scope.run(tenant, async (manager) => {
    const [log] = await manager.query(
      'select size::float8 as size from writ.tenant_logs where tenant_id = app.tid()',
    )
    return log.size
  })
  const seen = []
  for (let part = 1; part <= 100; part += 1) {
    const query = { filter: {}, order: 'newest', limit: 5, after: Math.floor((size * part) / 100) }
    const { leaves } = await scope.run(tenant, (manager) => searchLeaves(manager, query))
    seen.push(...leaves.map(({ record }) => record).filter((record) => record?.action))
  }
  return seen
}

const page =
  (filterOf, order = 'newest') =>
  (manager, record) =>
    searchLeaves(manager, { filter: filterOf(record), order, limit: PAGE })
const dayAround = ({ at: moment }) => ({
  from: new Date(Date.parse(moment) - DAY_MS / 2).toISOString(),
  until: new Date(Date.parse(moment) + DAY_MS / 2).toISOString(),
})

const FILTERS = {
  'the newest': page(() => ({})),
  'the oldest': page(() => ({}), 'oldest'),
  agent: page(({ agent }) => ({ agent: agent?.id })),
  human: page(({ human }) => ({ human: human?.id }), 'oldest'),
  session: page(({ session }) => ({ session: session ?? undefined })),
  delegator: page(({ delegators, agent }) => ({ delegator: delegators[0]?.id ?? agent?.id })),
  tool: page(({ action }) => ({ tool: action.tool ?? undefined })),
  'class and outcome': page(({ action }) => ({ class: action.class, outcome: 'deny' })),
  resource: page(({ action }) => ({ resource: action.resource })),
  connection: page(({ connection }) => ({ connection: connection?.id })),
  'refused by a policy': page(() => ({ refusal: 'policy_denied' })),
  rule: page(({ outbound }) => ({ rule: outbound?.matches[0]?.rule ?? 'none' })),
  'bundle version': page(({ bundle }) => ({ bundle: bundle?.version })),
  key: page(({ keyThumbprint }) => ({ key: keyThumbprint ?? undefined })),
  parent: page(({ decisionId }) => ({ parent: decisionId })),
  'a day': page((record) => dayAround(record)),
  'agent, tool and outcome on a day': page((record) => ({
    ...dayAround(record),
    agent: record.agent?.id,
    tool: record.action.tool ?? undefined,
    outcome: 'deny',
  })),
  'agent and tool, denied, ever': page(({ agent, action }) => ({
    agent: agent?.id,
    tool: action.tool ?? undefined,
    outcome: 'deny',
  })),
  'what there is not': page(() => ({ tool: 'nobody has ever called this', outcome: 'deny' })),
  'decision id': page(({ decisionId }) => ({ decision: decisionId })),
  'beginning of a decision id': page(({ decisionId }) => ({ decision: decisionId.slice(0, 14) })),
}

const NOBODY = {
  disclose: (_, records) => Promise.resolve(records.map(() => ({ disclosures: [], erased: [] }))),
}
// without an index apart from the ledger
const search = new RecordSearch(new IndexLink(null), new IndexStanding(Date.now))
const stories = new DecisionsService(new RecordsService({ nowMs: Date.now }, NOBODY, search), search)
const lineages = new LineageService(search)
const ADMITTED = { roles: [] }
const lineage = (queryOf) => (manager, record, tenant) =>
  lineages.of(new TenantDb(tenant, manager), { most: 1000, format: 'json', ...queryOf(record) })

const STORIES = {
  'a decision': (manager, record, tenant) =>
    stories.story(new TenantDb(tenant, manager), ADMITTED, record.decisionId),
  'lineage of a decision': lineage(({ decisionId }) => ({ decision: decisionId })),
  'lineage of a session': lineage(({ session }) => ({ session })),
  'lineage of an agent': lineage(({ agent }) => ({ agent: agent.id })),
  'lineage of a human': lineage(({ human }) => ({ human: human.id })),
  'lineage of an agent as PROV': lineage(({ agent }) => ({ agent: agent.id, format: 'prov' })),
}

const COUNTS = {
  'all by tool': (manager) => countRecords(manager, { filter: {}, field: 'tool', most: 20 }),
  'all by agent': (manager) => countRecords(manager, { filter: {}, field: 'agent', most: 20 }),
  'an agent by tool': (manager, { agent }) =>
    countRecords(manager, { filter: { agent: agent?.id }, field: 'tool', most: 20 }),
  'denied on a day by rule': (manager, record) =>
    countRecords(manager, { filter: { ...dayAround(record), outcome: 'deny' }, field: 'rule', most: 20 }),
  'a day in steps': (manager, record) => timesOfRecords(manager, { ...dayAround(record), steps: 60 }),
}
