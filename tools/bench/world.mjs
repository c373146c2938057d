// A platform with one tenant, one agent and one lean upstream: what a call needs and nothing else.
import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createAgentSession, enrolAgent, generateKeyPem } from '@writ/identity'
import { startPlatform } from '../local/platform.mjs'
import { stateDirectory } from '../state.mjs'

const SECRET = `bench_${randomBytes(16).toString('hex')}`

export async function startWorld({ running, redis = 'auto' }) {
  const stateDir = join(stateDirectory(), `bench-${process.pid}`)
  mkdirSync(stateDir, { recursive: true, mode: 0o711 })
  running.add('bench state', () => rmSync(stateDir, { recursive: true, force: true }))
  const ports = { controlPlane: 0, gateway: 0, demoUpstream: 0, postgres: 0, workerAdmin: 0, gatewayAdmin: 0 }
  const platform = await startPlatform({ stateDir, redis, ports, running })
  const upstream = await startUpstream(running)
  const admin = await openTenant(platform)
  const { defaultGroup } = await admin('GET', 'tenant')
  const human = await admin('POST', 'humans', { name: 'Ada', email: 'ada@bench.example' })
  const spare = await admin('POST', 'access-groups', { name: 'spare' })
  await admin('POST', 'connections', {
    name: 'tools',
    url: upstream.url,
    credential: { kind: 'api-key', header: 'x-api-key', secret: SECRET },
    groups: [defaultGroup],
  })
  const agent = await enrol(platform, admin, human)
  return {
    platform,
    upstream,
    admin,
    agent,
    defaultGroup,
    spare,
    secret: SECRET,
    url: `${platform.gatewayUrls[0]}/bench/tools/mcp`,
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

async function openTenant({ controlPlaneUrl, secrets }) {
  const call = (key) => async (method, path, body) => {
    const response = await fetch(`${controlPlaneUrl}/api/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return response.json()
  }
  const { ownerKey } = await call(secrets.operatorKey)('POST', 'tenants', { slug: 'bench', name: 'Bench' })
  return call(ownerKey.key)
}

async function enrol({ controlPlaneUrl }, admin, human) {
  const { id } = await admin('POST', 'agents', { name: 'bench', human: human.id })
  const { token } = await admin('POST', `agents/${id}/enrolment-tokens`, {})
  const ports = { fetch, nowMs: Date.now, randomBytes }
  const identityKey = generateKeyPem().privateKey
  const { issuer, tokenEndpoint, agentId } = await enrolAgent({
    endpoint: `${controlPlaneUrl}/t/bench/enrol`,
    token,
    identityKey,
    ports,
  })
  const session = createAgentSession({
    issuer,
    tokenEndpoint,
    agentId,
    identityKey,
    sessionKey: generateKeyPem().privateKey,
    ports,
  })
  return { id, session }
}
