// Our gateways as a platform runs them, with a tenant for each lane on the same processes: `auth` has authentication and nothing else, `full`
// has everything on, `session` also has rules about what its sessions have done. What a call passes through is on the measured core; the ledger's side is elsewhere, as it is in production.
import { readFileSync } from 'node:fs'
import { Pool } from 'pg'
import { enrol, openTenant, startBenchPlatform } from '../world.mjs'
import { MCP_HEADERS } from './content.mjs'
import { ELSEWHERE, MEASURED, place, treeOf } from './placement.mjs'
import { hundredRules } from './policies.mjs'

const AGENTS = 4

/** What each lane's tenant has in force. */
const POLICIES = {
  auth: () => [],
  full: () => hundredRules(),
  session: () => hundredRules({ session: true }),
}

/**
 * @param {{ running: any, upstream: { url: string, secret: string }, redis: 'required' | 'off', gateways?: number, env?: Record<string, string>, lanes?: (keyof typeof POLICIES)[] }} options
 * @returns the platform, and by name the lanes that calls can be driven through
 */
export async function startOurs({
  running,
  upstream,
  redis,
  gateways = 1,
  env = {},
  lanes = ['auth', 'full'],
}) {
  const others = new Set(treeOf(process.pid))
  const platform = await startBenchPlatform({ running, redis, gateways, tuning: { gateway: env } })
  const ledger = openLedger(running, platform)
  const open = []
  for (const name of lanes) open.push([name, await openLane({ platform, ledger, upstream, name })])
  placeAll(platform, others)
  return { platform, lanes: Object.fromEntries(open) }
}

/** Processes that Postgres makes later are where the one is that makes them. */
function placeAll(platform, others) {
  const gateways = new Set(platform.gateways.map(({ pid }) => pid))
  for (const pid of treeOf(process.pid).filter((one) => !others.has(one))) {
    const isInTheWay = gateways.has(pid) || isRedis(pid)
    place(pid, { core: isInTheWay ? MEASURED : ELSEWHERE, yields: !gateways.has(pid) })
  }
}

const isRedis = (pid) => /^(redis|valkey)-server/.test(nameOf(pid))

function nameOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8')
  } catch {
    return ''
  }
}

async function openLane({ platform, ledger, upstream, name }) {
  const { admin, operator } = await openTenant(platform, name)
  const { id, defaultGroup } = await admin('GET', 'tenant')
  await operator('PATCH', `tenants/${name}/limits`, { requestsPerSecond: 1_000_000, records: 1_000_000_000 })
  await admin('PATCH', 'tenant', { requestsPerSecond: 1_000_000 })
  await detachTemplates(admin)
  for (const policy of POLICIES[name]())
    await admin('POST', 'policies', { ...policy, groups: [defaultGroup] })
  const human = await admin('POST', 'humans', { name: 'Ada', email: `ada@${name}.example` })
  await admin('POST', 'connections', {
    name: 'tools',
    url: upstream.url,
    credential: { kind: 'api-key', header: 'x-api-key', secret: upstream.secret },
    groups: [defaultGroup],
    toolClasses: { lookup_order: 'read.private', read_report: 'read.private' },
  })
  const agents = []
  for (let made = 0; made < AGENTS; made += 1)
    agents.push(await enrol(platform, { slug: name, admin, human }))
  const urls = platform.gateways.map(({ url }) => `${url}/${name}/tools/mcp`)
  await Promise.all(urls.flatMap((url) => agents.map((agent) => becomesReady(agent.session, url))))
  return { name, tenant: id, admin, agents, urls, records: () => ledger.recordsOf(id) }
}

async function detachTemplates(admin) {
  const { items } = await admin('GET', 'policies')
  for (const { id } of items) await admin('PATCH', `policies/${id}`, { groups: [] })
}

/** Until the edits have reached the gateway, and its nonce, where it asks for one, has reached the agent. */
async function becomesReady(session, url) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })
  for (let waited = 0; waited < 30_000; waited += 100) {
    const response = await session.fetch(url, { method: 'POST', headers: MCP_HEADERS, body })
    await response.arrayBuffer()
    if (response.status === 200) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${new URL(url).pathname} was not ready within 30 s`)
}

function openLedger(running, { ownerUrl }) {
  const pool = new Pool({ connectionString: ownerUrl, max: 1 })
  running.add('ledger view', () => pool.end())
  return {
    recordsOf: async (tenant) => {
      const client = await pool.connect()
      try {
        await client.query("select set_config('app.tenant_id', $1, false)", [tenant])
        const { rows } = await client.query('select size from writ.tenant_logs where tenant_id = $1', [
          tenant,
        ])
        return Number(rows[0]?.size ?? 0)
      } finally {
        client.release()
      }
    },
  }
}
