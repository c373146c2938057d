// A server, the same server behind a tenant's gateways, and the signing proxy of an enrolled agent before them.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { startPlatform } from '../local/platform.mjs'
import { CLONE, stateDirectory } from '../state.mjs'
import { startRoundRobin } from './round-robin.mjs'

const WRIT = join(CLONE, 'apps', 'cli', 'bin', 'writ.mjs')
const PORTS = { controlPlane: 0, gateway: 0, demoUpstream: 0, postgres: 0, workerAdmin: 0, gatewayAdmin: 0 }

/**
 * A platform of its own: with one gateway, or with three that take the requests of one address in turn.
 * @returns {Promise<{ platform: import('../local/platform.d.mts').Platform, gateway: string, served: () => readonly number[] }>}
 */
export async function startGateways({ count, say, running }) {
  const stateDir = join(stateDirectory(), `conformance-${count}-${process.pid}`)
  mkdirSync(stateDir, { recursive: true, mode: 0o711 })
  running.add('conformance state', () => rmSync(stateDir, { recursive: true, force: true }))
  say(`starting a platform with ${count} gateway${count > 1 ? 's' : ''} …`)
  const start = (more) => startPlatform({ stateDir, ports: PORTS, gateways: count, running, ...more })
  if (count === 1) {
    const platform = await start({})
    return { platform, gateway: platform.gatewayUrls[0], served: () => [] }
  }
  const inTurn = await startRoundRobin()
  running.add('round robin', inTurn.close)
  const tuning = {
    controlPlane: { WRIT_GATEWAY_ORIGINS: inTurn.origin },
    gateway: { WRIT_PUBLIC_ORIGIN: inTurn.origin },
  }
  const platform = await start({ redis: 'required', tuning })
  inTurn.leadTo(platform.gatewayUrls)
  return { platform, gateway: inTurn.origin, served: inTurn.served }
}

/** A tenant as it is made, with a connection `tools` to this server. */
export async function newTenant({ controlPlaneUrl, secrets }, { slug, url, key }) {
  const call = caller(controlPlaneUrl)
  const { ownerKey } = await call(secrets.operatorKey)('POST', 'tenants', { slug, name: 'Conformance' })
  const admin = call(ownerKey.key)
  const { defaultGroup } = await admin('GET', 'tenant')
  const human = await admin('POST', 'humans', { name: 'Ada', email: `ada@${slug}.example` })
  await admin('POST', 'connections', {
    name: 'tools',
    url,
    credential: key === null ? { kind: 'none' } : { kind: 'api-key', header: 'x-api-key', secret: key },
    groups: [defaultGroup],
  })
  return { slug, admin, defaultGroup, human }
}

const caller = (controlPlaneUrl) => (key) => async (verb, path, body) => {
  const response = await fetch(`${controlPlaneUrl}/api/v1/${path}`, {
    method: verb,
    headers: { authorization: `Bearer ${key}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  if (!response.ok) throw new Error(`${verb} ${path}: ${response.status} ${await response.text()}`)
  return response.status === 204 ? null : response.json()
}

/**
 * Enrols an agent with `writ enrol` and lets `writ connect` sign for it: an unmodified client speaks to the address that is returned.
 * @param {{ gateway: string, controlPlaneUrl: string, tenant: Awaited<ReturnType<typeof newTenant>>, running: object }} where
 */
export async function startProxy({ gateway, controlPlaneUrl, tenant, running }) {
  const home = mkdtempSync(join(tmpdir(), 'writ-conformance-home-'))
  running.add('home of the agent', () => rmSync(home, { recursive: true, force: true }))
  const name = `suite-${randomBytes(3).toString('hex')}`
  const { id } = await tenant.admin('POST', 'agents', { name, human: tenant.human.id })
  const { token } = await tenant.admin('POST', `agents/${id}/enrolment-tokens`, {})
  const env = { PATH: process.env.PATH, WRIT_HOME: home, WRIT_KEY_STORE: 'file-0600' }
  const enrolling = writ(['enrol', '--tenant', tenant.slug, '--url', controlPlaneUrl, '--json'], {
    ...env,
    WRIT_ENROLMENT_TOKEN: token,
  })
  const { code, words } = await enrolling.ended
  if (code !== 0) throw new Error(`writ enrol ended with ${code}: ${words}`)
  const proxy = writ(
    ['connect', '--connection', 'tools', '--gateway', gateway, '--listen', '0', '--json'],
    env,
  )
  running.add(`signing proxy of ${name}`, () => {
    proxy.child.kill('SIGTERM')
    return proxy.ended
  })
  const port = await Promise.race([
    new Promise((resolve) => proxy.child.on('message', (said) => said.port && resolve(said.port))),
    proxy.ended.then(({ words: last }) => Promise.reject(new Error(`writ connect ended: ${last}`))),
  ])
  return { agent: id, url: `http://127.0.0.1:${port}/mcp` }
}

function writ(args, env) {
  const child = spawn(process.execPath, [WRIT, ...args], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  const said = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => said.push(chunk))
  const ended = new Promise((resolve) =>
    child.once('close', (code) => resolve({ code, words: Buffer.concat(said).toString().trim() })),
  )
  return { child, ended }
}

/** Within this time every gateway has the tenant's last change. */
const SETTLED_MS = 1500

/** The gateway hears of a tenant a moment after it was made. */
export async function answering(url) {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const { status } = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: '{"jsonrpc":"2.0","id":0,"method":"ping"}',
    })
    if (status !== 401 && status < 500) return pause(SETTLED_MS)
    await pause(200)
  }
  throw new Error('the gateway does not take the agent')
}

/** Records of what the agent did through the gateway; they reach the ledger a moment after the answers. */
export async function recordsAfter(before, { tenant, agent, wanted }) {
  for (let attempt = 0; ; attempt += 1) {
    const records = (await recordsOf(tenant, agent)).slice(before.length)
    if (records.length >= wanted || attempt === 30) return records
    await pause(500)
  }
}

export async function recordsOf({ admin }, agent) {
  const records = []
  for (let after = -1; ;) {
    const { items } = await admin('GET', `records?agent=${agent}&kind=closed&limit=500&after=${after}`)
    if (items.length === 0) return records.filter(({ channel }) => channel === 'gateway')
    records.push(...items.map(({ record }) => record))
    after = items.at(-1).leafIndex
  }
}
