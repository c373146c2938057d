// The platform of a fault drill: the real one, on a Postgres and a Redis of its own, two tenants with agents that call all the time, and whatever
// watches from outside.
import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { enrolAgent, generateKeyPem } from '@writ/identity'
import { openTenant } from '../../bench/world.mjs'
import { startPlatform } from '../../local/platform.mjs'
import { stateDirectory } from '../../state.mjs'
import { openLoad } from './load.mjs'
import { openPostgres, openRedis } from './servers.mjs'
import { watchCheckpoints } from './checkpoints.mjs'

const SLUGS = ['north', 'south']
const AGENTS_OF_EACH = 2
const PORTS = { controlPlane: 0, gateway: 0, demoUpstream: 0, postgres: 0, workerAdmin: 0, gatewayAdmin: 0 }
const QUIET = { WRIT_LOG_LEVEL: 'warn' }
/** so that there are many checkpoints to contradict */
const SEALED_OFTEN = { WRIT_AUDIT_SEAL_SECONDS: '1' }
const UNLIMITED = {
  WRIT_LIMIT_FAILURES_PER_ADDRESS: '1000000',
  WRIT_LIMIT_FAILURES_PER_AGENT: '1000000',
  // a call that hangs is let go of within the drill
  WRIT_TIMEOUT_UPSTREAM_HEADERS_SECONDS: '15',
}
let worlds = 0

/**
 * @param {{ running: any, say: (text: string) => void, tuning?: any, callers?: number, aSecond?: number }} wanted `callers`: calls in flight at most; `aSecond`: begun in a second at most
 */
export async function startDrillWorld({ running, say, tuning = {}, callers = 16, aSecond = 300 }) {
  const dir = openDirectory(running)
  const postgres = await openPostgres({ dir, running })
  const policyRedis = await openRedis({ dir: folderIn(dir, 'policy'), running, say })
  const redis = await openRedis({ dir: folderIn(dir, 'queue'), running, say })
  const queue = { WRIT_QUEUE_REDIS_URL: redis.url }
  const platform = await startPlatform({
    stateDir: join(dir, 'platform'),
    redis: 'required',
    ports: PORTS,
    env: { ...process.env, DATABASE_URL: postgres.url, REDIS_URL: policyRedis.url },
    tuning: {
      controlPlane: { ...QUIET, ...SEALED_OFTEN, ...tuning.controlPlane },
      auditWorker: { ...QUIET, ...queue, ...tuning.auditWorker },
      gateway: { ...QUIET, ...UNLIMITED, ...queue, ...tuning.gateway },
    },
    running,
  })
  void platform.died.then(({ name, words }) => say(`${name} ended by itself; its last lines:\n${words}`))
  const upstream = await startUpstream(running, dir)
  const tenants = []
  for (const slug of SLUGS) tenants.push(await openDrillTenant(platform, { slug, upstream }))
  const checkpoints = watchCheckpoints({ platform, tenants, running })
  const load = await openLoad({
    running,
    dir,
    callers,
    aSecond,
    agents: tenants.flatMap(({ agents }) => agents),
  })
  await load.more(20)
  await refuseOtherQueue(redis)
  const [gateway] = platform.gateways
  const nodes = [{ stateDir: tuning.gateway?.WRIT_GATEWAY_STATE_DIR ?? gateway.stateDir }]
  return {
    dir,
    platform,
    gateway,
    nodes,
    postgres,
    redis,
    upstream,
    tenants,
    load,
    checkpoints,
    say,
    running,
  }
}

function openDirectory(running) {
  worlds += 1
  const dir = join(stateDirectory(), `drill-${process.pid}-${worlds}`)
  mkdirSync(dir, { recursive: true, mode: 0o711 })
  running.add('state of the drill', () => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** Beside the one of policies: what happens to the queue must not happen to the rest. */
function folderIn(dir, name) {
  const folder = join(dir, name)
  mkdirSync(folder, { mode: 0o711 })
  return folder
}

/** A drill of a queue that nobody uses would hold whatever happens. */
async function refuseOtherQueue(redis) {
  for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 100) {
    const keys = await redis.command('KEYS', 'writ:records*')
    if (keys.length > 0) return
    await sleep(100)
  }
  throw new Error('the records do not go through the Redis of this drill')
}

async function startUpstream(running, dir) {
  const seenFile = join(dir, 'upstream.seen')
  const child = fork(fileURLToPath(new URL('upstream.mjs', import.meta.url)), {
    env: { ...process.env, WRIT_DRILL_SEEN: seenFile },
  })
  running.add('upstream of the drill', () => child.kill('SIGKILL'))
  const [port] = await once(child, 'message')
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    seenFile,
    hang: (isHanging) => child.send({ isHanging }),
  }
}

const RULES = {
  writ: 1,
  rules: [
    {
      id: 'no-forbidden-way',
      effect: 'deny',
      when: { path: 'args.way', op: 'eq', value: 'forbidden' },
      reason: 'This way is forbidden.',
    },
  ],
}

async function openDrillTenant(platform, { slug, upstream }) {
  const { admin, operator } = await openTenant(platform, slug)
  await operator('PATCH', `tenants/${slug}/limits`, { requestsPerSecond: 1_000_000, records: 1_000_000_000 })
  await admin('PATCH', 'tenant', { requestsPerSecond: 1_000_000 })
  const { id, defaultGroup } = await admin('GET', 'tenant')
  await admin('POST', 'connections', {
    name: 'tools',
    url: upstream.url,
    credential: { kind: 'none' },
    groups: [defaultGroup],
  })
  await admin('POST', 'policies', { name: 'forbidden', document: RULES, groups: [defaultGroup] })
  const human = await admin('POST', 'humans', { name: 'Ada', email: `ada@${slug}.example` })
  const agents = []
  for (let made = 0; made < AGENTS_OF_EACH; made += 1)
    agents.push(await enrolled(platform, { slug, admin, human }))
  return { id, slug, admin, agents }
}

/** What another process needs to act as an agent. */
async function enrolled({ controlPlaneUrl, gatewayUrls }, { slug, admin, human }) {
  const { id } = await admin('POST', 'agents', {
    name: `drill-${randomBytes(4).toString('hex')}`,
    human: human.id,
  })
  const { token } = await admin('POST', `agents/${id}/enrolment-tokens`, {})
  const { privateKey: identityKey, privatePem: identityPem } = generateKeyPem()
  const { issuer, tokenEndpoint, agentId } = await enrolAgent({
    endpoint: `${controlPlaneUrl}/t/${slug}/enrol`,
    token,
    identityKey,
    ports: { fetch, nowMs: Date.now, randomBytes },
  })
  return { issuer, tokenEndpoint, agentId, identityPem, url: `${gatewayUrls[0]}/${slug}/tools/mcp` }
}
