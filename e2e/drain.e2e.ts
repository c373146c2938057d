import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ConnectionView } from '@writ/contracts'
import { listenOn } from '@writ/runtime'
import { eventually, storedRecords } from './drivers/ledger.ts'
import { startQuietUpstream } from './drivers/quiet-upstream.ts'
import type { QuietUpstream } from './drivers/quiet-upstream.ts'
import { callTool } from './drivers/tenant.ts'
import type { EnrolledAgent } from './drivers/tenant.ts'
import { startWorld } from './drivers/world.ts'
import type { World } from './drivers/world.ts'

const THINKING_MS = 1_500

/** A server that thinks before it answers. */
function thinkingServer(): Server {
  return createServer((request, response) => void thinkOver(request, response))
}

async function thinkOver(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  const { id } = JSON.parse(Buffer.concat(chunks).toString())
  await sleep(THINKING_MS)
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(
    JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: 'thought over' }] } }),
  )
}

describe('a gateway that is told to stop', () => {
  let world: World
  let agent: EnrolledAgent
  let quiet: QuietUpstream
  const thinking = thinkingServer()

  beforeAll(async () => {
    world = await startWorld({ redis: 'required' })
    quiet = await startQuietUpstream()
    const port = await listenOn(thinking, { host: '127.0.0.1', port: 0 })
    const { admin, defaultGroup } = world.acme
    const urls = { thinking: `http://127.0.0.1:${port}/mcp`, quiet: quiet.url }
    for (const [name, url] of Object.entries(urls))
      await admin.send(
        'POST',
        'connections',
        { name, url, credential: { kind: 'none' }, groups: [defaultGroup] },
        ConnectionView,
      )
    agent = await world.acme.enrol()
    await eventually(
      'the connection',
      async () => (await callTool(agent.session, to('thinking'), 'ponder', {})).status === 200,
    )
  }, 120_000)
  afterAll(async () => {
    await Promise.all([world.stop(), quiet.close(), new Promise((done) => thinking.close(done))])
  }, 60_000)

  const to = (connection: string) => agent.url.replace('/tools/', `/${connection}/`)

  it('says at once that it is not ready, finishes what it can, ends what has no end, and records all of it', async () => {
    const [gateway] = world.platform.gateways
    if (!gateway) throw new Error('there is no gateway')
    const ready = async () => (await fetch(`${gateway.adminUrl}/readyz`).catch(() => null))?.status ?? null
    expect(await ready()).toBe(200)
    const answer = callTool(agent.session, to('thinking'), 'ponder', {})
    const endless = callTool(agent.session, to('quiet'), 'listen', {}).catch(() => 'cut')
    await eventually('the endless stream', async () => quiet.open() === 1)
    await sleep(200)
    const stopped = gateway.stop()
    const seen: (number | null)[] = []
    for (let looks = 0; looks < 5; looks += 1) {
      await sleep(50)
      seen.push(await ready())
    }
    expect(seen).toContain(503)
    expect(seen).not.toContain(200)
    await expect(callTool(agent.session, to('thinking'), 'ponder', {})).rejects.toThrow()
    expect((await answer).text).toContain('thought over')
    await endless
    await stopped
    expect(quiet.open()).toBe(0)
    await gateway.restart()
    const tools = await eventually('the records', async () => {
      const closed = (await storedRecords(world, world.acme.id)).filter(({ kind }) => kind === 'closed')
      const names = closed.map(({ action }) => action?.tool)
      return names.includes('listen') && names.filter((name) => name === 'ponder').length >= 2
        ? names
        : undefined
    })
    expect(tools.filter((name) => name === 'listen')).toHaveLength(1)
  }, 120_000)
})
