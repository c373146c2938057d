// The platform of a soak: one gateway with short patience, a tenant with policies that are edited all the time, and agents that come and go.
import { fork } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { enrol, openTenant, startBenchPlatform } from '../../bench/world.mjs'
import { pick } from './dice.mjs'

const SLUG = 'soak'
const AGENTS = 8
const LOOK_EVERY_MS = 20
const PATIENCE = {
  WRIT_TIMEOUT_SLOW_READER_SECONDS: '2',
  WRIT_TIMEOUT_UPSTREAM_HEADERS_SECONDS: '3',
  WRIT_TIMEOUT_UPSTREAM_BODY_SECONDS: '5',
  WRIT_LIMIT_FAILURES_PER_ADDRESS: '1000000',
  WRIT_LIMIT_FAILURES_PER_AGENT: '1000000',
  WRIT_LOG_LEVEL: 'warn',
}

export async function startSoak(running, environment) {
  const platform = await startBenchPlatform({ running, tuning: { gateway: { ...PATIENCE, ...environment } } })
  const { admin, operator } = await openTenant(platform, SLUG)
  await operator('PATCH', `tenants/${SLUG}/limits`, {
    requestsPerSecond: 1_000_000,
    records: 1_000_000_000,
    agents: 10_000,
  })
  await admin('PATCH', 'tenant', { requestsPerSecond: 1_000_000 })
  const { id: tenant, defaultGroup } = await admin('GET', 'tenant')
  const human = await admin('POST', 'humans', { name: 'Ada', email: 'ada@soak.example' })
  const port = { good: await startUpstream(running), flaky: await startUpstream(running) }
  for (const name of Object.keys(port))
    await admin('POST', 'connections', {
      name,
      url: `http://127.0.0.1:${port[name]}/mcp`,
      credential: { kind: 'none' },
      groups: [defaultGroup],
    })
  const policy = await admin('POST', 'policies', {
    name: 'soak',
    document: documentOf(0),
    groups: [defaultGroup],
  })
  const crowd = createCrowd(() => enrol(platform, { slug: SLUG, admin, human }))
  for (let made = 0; made < AGENTS; made += 1) await crowd.add()
  const [gateway] = platform.gateways
  const urls = { good: `${gateway.url}/${SLUG}/good/mcp`, flaky: `${gateway.url}/${SLUG}/flaky/mcp` }
  return { platform, gateway, tenant, admin, policy, crowd, urls }
}

/** Whose sessions are used. One that is taken away goes on being used until it is refused. */
function createCrowd(enrolOne) {
  const agents = []
  return {
    add: async () => void agents.push(await enrolOne()),
    take: (random) => pick(random, agents).session,
    oldest: () => agents[0],
    drop: (agent) => void agents.splice(agents.indexOf(agent), 1),
  }
}

async function startUpstream(running) {
  const child = fork(fileURLToPath(new URL('upstream.mjs', import.meta.url)))
  running.add('soak upstream', () => child.kill('SIGKILL'))
  return new Promise((resolve) => child.once('message', resolve))
}

/** Secrets do not go out; and one rule that is different in every version. */
const documentOf = (version) => ({
  writ: 1,
  rules: [
    {
      id: 'no-keys',
      effect: 'deny',
      on: ['outbound', 'inbound'],
      when: { path: 'content.signals', op: 'hasAny', value: ['secret.aws', 'secret.github'] },
      reason: 'Keys stay inside.',
    },
    {
      id: `version-${version}`,
      effect: 'flag',
      when: { path: 'args.note', op: 'contains', value: `contract ${version}` },
      reason: `version ${version} of the soak`,
    },
  ],
})

/**
 * Edits the policy and replaces agents, by turns, until the signal aborts: one thing for each so many requests, so that their share of the work
 * is the same on every machine.
 * @returns how often each was done
 */
export async function churn({ admin, policy, crowd }, { signal, sent, each }) {
  const done = { edits: 0, agents: 0 }
  while (!signal.aborted) {
    done.edits += 1
    await admin('PATCH', `policies/${policy.id}`, { document: documentOf(done.edits) })
    if (done.edits % 5 === 0) {
      const leaving = crowd.oldest()
      await crowd.add()
      await admin('POST', `agents/${leaving.id}/revoke`)
      crowd.drop(leaving)
      done.agents += 1
    }
    while (!signal.aborted && sent() < done.edits * each) await sleep(LOOK_EVERY_MS)
  }
  return done
}
