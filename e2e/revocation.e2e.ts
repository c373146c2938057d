import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { AccessGroupView, AgentView, ConnectionView, HumanView } from '@writ/contracts'
import { z } from 'zod'
import { eventually } from './drivers/ledger.ts'
import { callTool, MCP_HEADERS } from './drivers/tenant.ts'
import type { EnrolledAgent } from './drivers/tenant.ts'
import { claimsIn } from './drivers/attack.ts'
import { startQuietUpstream } from './drivers/quiet-upstream.ts'
import type { QuietUpstream } from './drivers/quiet-upstream.ts'
import { startWorld } from './drivers/world.ts'
import type { World } from './drivers/world.ts'

/** From the answer of the API to the end of a stream on which nothing comes. */
const AT_MOST_MS = 2_000

describe('a stream on which nothing comes ends soon after', () => {
  let world: World
  let upstream: QuietUpstream
  let lastName = 0

  beforeAll(async () => {
    world = await startWorld({ redis: 'required' })
    upstream = await startQuietUpstream()
  }, 120_000)
  afterAll(async () => {
    await upstream?.close()
    await world?.stop()
  }, 60_000)

  const send = (verb: 'POST' | 'PUT', path: string, body: object = {}) =>
    world.acme.admin.send(verb, path, body, z.unknown())

  /** A connection of its own, which only the groups given have. */
  const connect = (groups: readonly string[]) =>
    world.acme.admin.send(
      'POST',
      'connections',
      { name: `quiet-${(lastName += 1)}`, url: upstream.url, credential: { kind: 'none' }, groups },
      ConnectionView,
    )

  /** Opens a stream, does what should end it, and says how it ended and how long that took. */
  const ending = async (agent: EnrolledAgent, connection: ConnectionView, end: () => Promise<unknown>) => {
    const url = agent.url.replace('/tools/', `/${connection.name}/`)
    const response = await eventually('the open stream', async () => {
      const got = await open(agent, url)
      if (got.status === 200) return got
      await got.body?.cancel()
      return undefined
    })
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader.read()).value).toContain('notifications/progress')
    const openBefore = upstream.open()
    await end()
    const answeredMs = performance.now()
    let text = ''
    for (let got = await reader.read(); !got.done; got = await reader.read()) text += got.value
    const tookMs = performance.now() - answeredMs
    await eventually('the end of the upstream call', async () => upstream.open() < openBefore, 2_000)
    const { status, error } = await callTool(agent.session, url, 'wait', {}).catch(() => ({
      status: 401,
      error: undefined,
    }))
    return { text, tookMs, next: error?.code ?? status }
  }

  it('its agent is suspended', async () => {
    const agent = await world.acme.enrol()
    const { text, tookMs } = await ending(agent, await connect([world.acme.defaultGroup]), () =>
      send('POST', `agents/${agent.id}/suspend`),
    )
    expect(text).toContain('-31006')
    expect(tookMs).toBeLessThan(AT_MOST_MS)
  })

  it('its human is suspended', async () => {
    const human = await world.acme.admin.send(
      'POST',
      'humans',
      { name: 'Bo', email: 'bo@acme.example' },
      HumanView,
    )
    const { id } = await world.acme.admin.send(
      'POST',
      'agents',
      { name: 'bo-agent', human: human.id },
      AgentView,
    )
    const agent = await world.acme.enrolAgain(id)
    const { text, tookMs } = await ending(agent, await connect([world.acme.defaultGroup]), () =>
      send('POST', `humans/${human.id}/suspend`),
    )
    expect(text).toContain('-31006')
    expect(tookMs).toBeLessThan(AT_MOST_MS)
  })

  it('its access group is suspended', async () => {
    const group = await world.acme.admin.send(
      'POST',
      'access-groups',
      { name: 'field staff' },
      AccessGroupView,
    )
    const agent = await world.acme.enrol()
    await send('PUT', `agents/${agent.id}/groups`, { groups: [world.acme.defaultGroup, group.id] })
    const { text, tookMs } = await ending(agent, await connect([world.acme.defaultGroup]), () =>
      send('POST', `access-groups/${group.id}/suspend`),
    )
    expect(text).toContain('-31006')
    expect(tookMs).toBeLessThan(AT_MOST_MS)
  })

  it('its connection is suspended, which then answers like one that never was', async () => {
    const agent = await world.acme.enrol()
    const connection = await connect([world.acme.defaultGroup])
    const { text, tookMs, next } = await ending(agent, connection, () =>
      send('POST', `connections/${connection.id}/suspend`),
    )
    expect(text).toContain('-31021')
    expect(tookMs).toBeLessThan(AT_MOST_MS)
    expect(next).toBe(-31_021)
  })

  it('its token is revoked', async () => {
    const agent = await world.acme.enrol()
    const { text, tookMs } = await ending(agent, await connect([world.acme.defaultGroup]), async () => {
      // The token that opened the stream: one that the gateway did not know yet was refused and replaced.
      const { jti } = claimsIn(await agent.session.accessToken())
      await send('POST', 'tokens/revoke', { jti })
    })
    expect(text).toContain('-31006')
    expect(tookMs).toBeLessThan(AT_MOST_MS)
  })

  it('its whole tenant is suspended', async () => {
    const agent = await world.acme.enrol()
    const { text, tookMs, next } = await ending(agent, await connect([world.acme.defaultGroup]), () =>
      send('POST', 'tenant/suspend'),
    )
    expect(text).toContain('-31006')
    expect(tookMs).toBeLessThan(AT_MOST_MS)
    expect([401, -31_006]).toContain(next)
  })
})

async function open(agent: EnrolledAgent, url: string): Promise<Response> {
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'read_slowly', arguments: {} },
  })
  return agent.session.fetch(url, {
    method: 'POST',
    headers: MCP_HEADERS,
    body: new TextEncoder().encode(body),
  })
}
