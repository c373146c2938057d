import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { AuthorityError, createResourceSession, generateKeyPem, importPrivatePem } from '@writ/identity'
import { measureAuthority } from '../tools/conformance/authority.mjs'
import { measure, SHORT_FORM } from '../tools/conformance/client.mjs'
import { CLIENT_SCENARIOS } from '../tools/conformance/client-scenarios.mjs'
import { measureServer } from '../tools/conformance/server.mjs'
import { SETS } from '../tools/conformance/server-ways.mjs'
import { listScenarios } from '../tools/conformance/suite.mjs'
import { createRunning } from '../tools/local/running.mjs'
import { eventually } from './drivers/ledger.ts'
import { MCP_HEADERS, readAnswer } from './drivers/tenant.ts'
import type { EnrolledAgent } from './drivers/tenant.ts'
import { startWorld } from './drivers/world.ts'
import type { World } from './drivers/world.ts'

let world: World
const running = createRunning()
const say = () => {}

beforeAll(async () => {
  world = await startWorld()
}, 120_000)
afterAll(async () => {
  await running.stopAll()
  await world?.stop()
}, 60_000)

describe('the official suite', () => {
  it('finds nothing amiss with the proxy and the agent library, where a scenario applies', async () => {
    const results = await measure({ say, running, isShort: true })
    const missed = results.filter(({ holds, value }) => holds !== true && value !== null)
    expect(missed).toEqual([])
    const passed = results.filter(({ holds }) => holds).map(({ name }) => name)
    expect(new Set(passed)).toEqual(new Set(SHORT_FORM.map((name) => `client.${name}`)))
  }, 300_000)

  it('finds nothing amiss with the authority', async () => {
    const scenarios = await listScenarios('authorization')
    const results = await measureAuthority({ scenarios, platform: world.platform, say, running })
    expect(results.map(({ name, holds, detail }) => [name, holds, detail])).toEqual(
      scenarios.map(({ name }) => [`authority.${name}`, true, expect.any(String)]),
    )
  }, 120_000)

  it('finds nothing worse through the proxy and a gateway than without them', async () => {
    const gateway = world.platform.gatewayUrls[0] ?? ''
    const gatewaysOf = async () => ({ platform: world.platform, gateway, served: () => [] })
    const results = await measureServer({ gatewaysOf, variants: ['gateway'], say, running })
    expect(results.map(({ name, holds, detail }) => [name, holds, detail])).toEqual(
      [
        ...SETS.map((set) => `server.${set}.direct.scenarios`),
        ...SETS.flatMap((set) => [`server.${set}.gateway.scenarios`, `server.${set}.gateway.worse`]),
        'server.gateway.recorded',
      ].map((name) => [name, true, expect.any(String)]),
    )
  }, 180_000)

  it('would have its own client refused, which has no key', async () => {
    const form = { grant_type: 'authorization_code', client_id: (await world.acme.enrol()).id, code: 'any' }
    const more = { redirect_uri: 'http://127.0.0.1:3000/callback', code_verifier: 'a'.repeat(43) }
    const response = await fetch(`${world.platform.controlPlaneUrl}/t/acme/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({ ...form, ...more }),
    })
    expect(response.ok).toBe(false)
    expect(await response.json()).toHaveProperty('error', expect.stringMatching(/^invalid_/))
  })

  it('is documented scenario by scenario', () => {
    const page = readFileSync('docs/conformance.md', 'utf8')
    const rows = [...page.matchAll(/^\| `(\S+)` +\|.*\| (passes|does not apply): .*\|$/gm)]
    const documented = Object.fromEntries(rows.map(([, name = '', verdict = '']) => [name, verdict]))
    const expected = Object.entries(CLIENT_SCENARIOS).map(([name, scenario]) => [
      name,
      'not' in scenario ? 'does not apply' : 'passes',
    ])
    expect(documented).toMatchObject(Object.fromEntries(expected))
  })
})

const sessionAt = (url: string, { id, identityPem }: EnrolledAgent) =>
  createResourceSession({
    url,
    client: { kind: 'key', clientId: id, key: importPrivatePem(identityPem) },
    sessionKey: generateKeyPem().privateKey,
    ports: { fetch, nowMs: Date.now, randomBytes },
  })
const call = (tool: string) => ({
  method: 'POST',
  headers: MCP_HEADERS,
  body: JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: tool, arguments: {} },
  }),
})

describe('an agent that knows the address of a gateway and its own key', () => {
  it('finds its authority and calls a tool', async () => {
    const agent = await world.acme.enrol()
    const session = sessionAt(agent.url, agent)
    const answer = await eventually('the agent in the bundle of the gateway', async () => {
      const given = await readAnswer(await session.fetch(agent.url, call('lookup_order')))
      return given.status === 401 ? undefined : given
    })
    expect([answer.status, answer.error]).toEqual([200, undefined])
  })

  it('gets no token at the authority of another tenant', async () => {
    const [agent, other] = await Promise.all([world.acme.enrol(), world.beta.enrol()])
    const failure = await sessionAt(other.url, agent)
      .fetch(other.url, call('lookup_order'))
      .catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(AuthorityError)
  })
})
