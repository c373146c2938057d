// A platform with one tenant, one agent and one lean upstream: what a call needs and nothing else.
import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createAgentSession, enrolAgent, generateKeyPem } from '@writ/identity'
import { startPlatform } from '../local/platform.mjs'
import { stateDirectory } from '../state.mjs'
import { givePreparedState } from '../testing/prepared-state.mjs'

let worlds = 0
const SECRET = `bench_${randomBytes(16).toString('hex')}`

/** A platform with a state of its own, gone when `running` is stopped. */
export function startBenchPlatform({ running, redis = 'auto', gateways = 1, tuning = {} }) {
  worlds += 1
  const stateDir = join(stateDirectory(), `bench-${process.pid}-${worlds}`)
  mkdirSync(stateDir, { recursive: true, mode: 0o711 })
  running.add('bench state', () => rmSync(stateDir, { recursive: true, force: true }))
  const ports = { controlPlane: 0, gateway: 0, demoUpstream: 0, postgres: 0, workerAdmin: 0, gatewayAdmin: 0 }
  const isMigrated = givePreparedState(stateDir)
  return startPlatform({ stateDir, isMigrated, redis, gateways, tuning, ports, running })
}

export async function startWorld({ running, ...wanted }) {
  const platform = await startBenchPlatform({ running, ...wanted })
  const upstream = await startUpstream(running)
  const { admin } = await openTenant(platform, 'bench')
  const { defaultGroup } = await admin('GET', 'tenant')
  const human = await admin('POST', 'humans', { name: 'Ada', email: 'ada@bench.example' })
  const spare = await admin('POST', 'access-groups', { name: 'spare' })
  await admin('POST', 'connections', {
    name: 'tools',
    url: upstream.url,
    credential: { kind: 'api-key', header: 'x-api-key', secret: SECRET },
    groups: [defaultGroup],
  })
  const enrolOne = () => enrol(platform, { slug: 'bench', admin, human })
  const agent = await enrolOne()
  return {
    platform,
    upstream,
    admin,
    agent,
    defaultGroup,
    spare,
    secret: SECRET,
    url: `${platform.gatewayUrls[0]}/bench/tools/mcp`,
    urls: platform.gateways.map(({ url }) => `${url}/bench/tools/mcp`),
    enrolAnother: enrolOne,
  }
}

async function startUpstream(running) {
  const child = fork(fileURLToPath(new URL('upstream.mjs', import.meta.url)), {
    env: { ...process.env, SECRET },
  })
  running.add('bench upstream', () => child.kill('SIGKILL'))
  const port = await new Promise((resolve) => child.once('message', resolve))
  return { url: `http://127.0.0.1:${port}/mcp`, pid: child.pid }
}

/** A new tenant, and its API as its owner and as the operator. */
export async function openTenant({ controlPlaneUrl, secrets }, slug) {
  const call = (key) => async (method, path, body) => {
    const response = await fetch(`${controlPlaneUrl}/api/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return response.json()
  }
  const operator = call(secrets.operatorKey)
  const { ownerKey } = await operator('POST', 'tenants', { slug, name: slug })
  return { admin: call(ownerKey.key), operator }
}

/** An agent of a human, enrolled, with a session of its own. */
export async function enrol({ controlPlaneUrl }, { slug, admin, human }) {
  const { id } = await admin('POST', 'agents', {
    name: `bench-${randomBytes(4).toString('hex')}`,
    human: human.id,
  })
  const { token } = await admin('POST', `agents/${id}/enrolment-tokens`, {})
  const ports = { fetch, nowMs: Date.now, randomBytes }
  const identityKey = generateKeyPem().privateKey
  const { issuer, tokenEndpoint, agentId } = await enrolAgent({
    endpoint: `${controlPlaneUrl}/t/${slug}/enrol`,
    token,
    identityKey,
    ports,
  })
  const sessionKey = generateKeyPem().privateKey
  const open = () => createAgentSession({ issuer, tokenEndpoint, agentId, identityKey, sessionKey, ports })
  const session = open()
  return {
    id,
    session,
    /** one more access token of the same session */
    newToken: () => open().accessToken(),
    /** headers and body of one tool call, signed once and sent as often as the caller likes */
    signedCall: async (url) => ({
      headers: { ...MCP_HEADERS, ...(await session.sign({ verb: 'POST', url, body: CALL })) },
      body: CALL,
    }),
  }
}

const MCP_HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
const CALL = new TextEncoder().encode(
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"lookup_order","arguments":{}}}',
)
