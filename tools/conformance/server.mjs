// The suite against a server, and against the same server behind the signing proxy and a gateway: nothing may come out worse.
import { randomBytes } from 'node:crypto'
import { SIGNALS } from '@writ/policy'
import { passedOf, scenarioOf, worseOf } from './comparison.mjs'
import { startFixture } from './fixture/server.mjs'
import { SETS, WAYS } from './server-ways.mjs'
import { answering, newTenant, recordsAfter, recordsOf, startGateways, startProxy } from './server-world.mjs'
import { listRequirements, runSuite, tallyOf } from './suite.mjs'

/** How the server is reached: through so many gateways, by a tenant that was changed so much since it was made. */
const VARIANTS = {
  gateway: { gateways: 1, change: async () => {} },
  redacting: { gateways: 1, change: redact },
  nonces: { gateways: 1, change: enforceNonces },
  fleet: { gateways: 3, change: async () => {} },
  'fleet-nonces': { gateways: 3, change: enforceNonces },
}

/** @param {{ say: Function, running: object, upstream?: string }} about `upstream`: another server in the place of the fixture, reached without a credential */
export async function measure({ say, running, upstream }) {
  const platforms = new Map()
  const gatewaysOf = (count) => {
    if (!platforms.has(count)) platforms.set(count, startGateways({ count, say, running }))
    return platforms.get(count)
  }
  return measureServer({ gatewaysOf, say, running, upstream })
}

/**
 * @param {{ gatewaysOf: (count: number) => ReturnType<typeof startGateways>, variants?: string[], say: Function, running: object, upstream?: string }} about
 * @returns for each set and variant the scenarios that passed, and the checks that came out worse than without a gateway
 */
export async function measureServer({ gatewaysOf, variants = Object.keys(WAYS), say, running, upstream }) {
  const server = await serverOf(upstream, running)
  const sets = await Promise.all(SETS.map(async (set) => ({ set, ...(await listRequirements(set)) })))
  const direct = await runSets(sets, server.url, running)
  const results = []
  const note = (row) => {
    say(`${row.name}: ${row.detail}`)
    results.push(row)
  }
  for (const run of direct) note(scenariosRow(run, 'direct'))
  for (const name of variants) {
    const through = await throughGateway(name, { gatewaysOf, sets, server, running }).catch(
      ({ message }) => message,
    )
    const isRun = typeof through !== 'string'
    for (const [index, run] of direct.entries()) {
      note(isRun ? scenariosRow(through.runs[index], name) : notRun(run, name, 'scenarios', through))
      note(isRun ? worseRow(run, through.runs[index], name) : notRun(run, name, 'worse', through))
    }
    if (isRun) note(recordedRow(through, name))
  }
  return results
}

async function serverOf(upstream, running) {
  if (upstream !== undefined) return { url: upstream, keyedUrl: upstream, key: null, seen: () => [] }
  const key = `key_${randomBytes(16).toString('hex')}`
  const fixture = await startFixture({ key })
  running.add('fixture', fixture.close)
  return { ...fixture, key }
}

async function throughGateway(name, { gatewaysOf, sets, server, running }) {
  const variant = VARIANTS[name]
  const { platform, gateway, served } = await gatewaysOf(variant.gateways)
  const tenant = await newTenant(platform, {
    slug: `conformance-${name}-${randomBytes(2).toString('hex')}`,
    url: server.keyedUrl,
    key: server.key,
  })
  await variant.change(tenant)
  const { bundleVersion } = await tenant.admin('GET', 'tenant')
  const { agent, url } = await startProxy({
    gateway,
    controlPlaneUrl: platform.controlPlaneUrl,
    tenant,
    running,
  })
  await answering(url)
  const before = await recordsOf(tenant, agent)
  const seenBefore = server.seen().length
  const runs = await runSets(sets, url, running)
  if (served().some((count) => count === 0)) throw new Error('a gateway of the fleet was never asked')
  const wanted = Math.max(1, server.seen().length - seenBefore)
  return { runs, wanted, bundleVersion, records: await recordsAfter(before, { tenant, agent, wanted }) }
}

/** One set after the other: the scenarios tell servers to change, and would hear of each other. */
async function runSets(sets, url, running) {
  const runs = []
  for (const { set, required } of sets) {
    const { status, checks } = await runSuite(['server', '--url', url, '--requirements', set], {
      limitMs: 180_000,
      running,
    })
    runs.push({
      set,
      required,
      status,
      checks: checks.map((check) => ({ ...check, scenario: scenarioOf(check.scenario) })),
    })
  }
  return runs
}

function scenariosRow({ set, required, status, checks }, name) {
  const passed = passedOf(required, checks)
  const scored = tallyOf(checks.filter(({ scenario }) => required.includes(scenario)))
  const all = tallyOf(checks)
  const missed = required.filter((scenario) => !passed.includes(scenario))
  const words = [
    `${passed.length}/${required.length} scenarios, ${scored.met}/${scored.decided} checks`,
    `with the unscored scenarios ${all.met}/${all.decided} checks`,
    ...(status === null ? ['it did not end'] : []),
    ...(missed.length > 0 ? [`not: ${missed.join(', ')}`] : []),
  ]
  return {
    name: `server.${set}.${name}.scenarios`,
    value: passed.length,
    unit: 'scenarios passed',
    target: `>= ${required.length}`,
    holds: status === 0 && missed.length === 0,
    detail: words.join('; '),
  }
}

function worseRow(direct, through, name) {
  const worse = worseOf(direct.checks, through.checks)
  const words = worse.map(
    ({ scenario, id, direct: was, through: is, why }) => `${scenario} ${id}: ${was} to ${is} ${why}`,
  )
  return {
    name: `server.${direct.set}.${name}.worse`,
    value: worse.length,
    unit: 'checks worse than direct',
    target: '<= 0',
    holds: worse.length === 0 && through.checks.length > 0,
    detail: worse.length === 0 ? `none of ${through.checks.length} checks` : words.join('; '),
  }
}

/** What reached the server is on record, under the tenant's settings of this variant and no older ones. */
function recordedRow({ records, wanted, bundleVersion }, name) {
  const older = records.filter(({ bundle }) => bundle === null || bundle.version < bundleVersion)
  return {
    name: `server.${name}.recorded`,
    value: records.length - older.length,
    unit: 'records',
    target: `>= ${wanted}`,
    holds: older.length === 0 && records.length >= wanted,
    detail: `${records.length} records of at least ${wanted} messages; ${older.length} under older settings`,
  }
}

const notRun = ({ set, required }, name, what, why) => ({
  name: `server.${set}.${name}.${what}`,
  value: null,
  ...(what === 'worse'
    ? { unit: 'checks worse than direct', target: '<= 0' }
    : { unit: 'scenarios passed', target: `>= ${required.length}` }),
  holds: null,
  detail: `not run: ${why}`,
})

function enforceNonces({ admin }) {
  return admin('PATCH', 'tenant', { nonceRequired: true })
}

/** What the server says holds none of it. */
async function redact({ admin, defaultGroup }) {
  const personal = SIGNALS.filter((signal) => signal.startsWith('pii.'))
  const rule = {
    id: 'rewrite-personal-data',
    effect: 'modify',
    on: ['inbound', 'outbound'],
    when: { path: 'content.signals', op: 'hasAny', value: personal },
    reason: 'Personal data stays where it is.',
    modify: { 'pii.*': 'replace' },
  }
  await admin('POST', 'policies', {
    name: rule.id,
    document: { writ: 1, title: 'Rewrites personal data', rules: [rule] },
    groups: [defaultGroup],
  })
}
