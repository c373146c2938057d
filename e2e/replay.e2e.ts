import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { MCP_HEADERS, readAnswer } from './drivers/tenant.ts'
import type { EnrolledAgent, RpcAnswer } from './drivers/tenant.ts'
import { startWorld } from './drivers/world.ts'
import type { World } from './drivers/world.ts'

const BODY = new TextEncoder().encode(
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"lookup_order","arguments":{"order":"R-1"}}}',
)

describe('a captured request', () => {
  let world: World
  let agent: EnrolledAgent

  beforeAll(async () => {
    // Behind one public origin, as behind a load balancer: the proof fits every gateway.
    world = await startWorld({
      redis: 'required',
      gateways: 3,
      tuning: {
        gateway: { WRIT_PUBLIC_ORIGIN: 'http://gateway.writ.test' },
        controlPlane: { WRIT_GATEWAY_ORIGINS: 'http://gateway.writ.test' },
      },
    })
    agent = await world.acme.enrol()
  }, 120_000)
  afterAll(() => world.stop(), 60_000)

  /** Signed for the public origin, sent to one gateway. */
  const capture = async (): Promise<Record<string, string>> => {
    const signed = await agent.session.sign({
      verb: 'POST',
      url: 'http://gateway.writ.test/acme/tools/mcp',
      body: BODY,
    })
    return { ...MCP_HEADERS, ...signed, host: 'gateway.writ.test' }
  }
  const send = async (headers: Record<string, string>, gateway: number): Promise<RpcAnswer> => {
    const response = await requestWithHost(`${world.platform.gateways[gateway]?.url}/acme/tools/mcp`, headers)
    return readAnswer(response)
  }

  it('is answered once', async () => {
    expect((await send(await capture(), 0)).text).toContain('two lamps')
  })

  it.each([
    ['the same gateway', 0],
    ['another gateway', 1],
  ])('is refused at %s', async (_where, gateway) => {
    const headers = await capture()
    expect((await send(headers, 0)).status).toBe(200)
    const before = world.acme.upstream.seen.length
    const replayed = await send(headers, gateway)
    expect(replayed.status).toBe(401)
    expect(replayed.headers.get('www-authenticate')).toContain('error="invalid_dpop_proof"')
    expect(world.acme.upstream.seen).toHaveLength(before)
  })

  it('wins once when twenty are sent at the same moment to three gateways', async () => {
    const headers = await capture()
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => send(headers, index % 3)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(19)
  })

  it('is refused a thousand times over, wherever and however fast it is sent', async () => {
    const captured = await Promise.all(Array.from({ length: 50 }, capture))
    for (const headers of captured) expect((await send(headers, 0)).status).toBe(200)
    const before = world.acme.upstream.seen.length
    const statuses = new Set<number>()
    for (let round = 0; round < 20; round += 1)
      for (const { status } of await Promise.all(
        captured.map((headers, at) => send(headers, (at + round) % 3)),
      ))
        statuses.add(status)
    // Who keeps failing is told to wait instead of what was wrong.
    expect([...statuses].filter((status) => status !== 401 && status !== 429)).toEqual([])
    expect(world.acme.upstream.seen).toHaveLength(before)
    expect((await send(await capture(), 1)).status).toBe(200)
  }, 60_000)

  it('does not carry another body', async () => {
    const headers = await capture()
    const other = new TextEncoder().encode(
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add_note","arguments":{"note":"changed"}}}',
    )
    const response = await requestWithHost(
      `${world.platform.gateways[0]?.url}/acme/tools/mcp`,
      headers,
      other,
    )
    expect(response.status).toBe(401)
    expect((await send(headers, 0)).status).toBe(200)
  })
})

/** `fetch` does not let a Host field be set; a load balancer that keeps it does. */
async function requestWithHost(
  url: string,
  headers: Record<string, string>,
  body: Uint8Array = BODY,
): Promise<Response> {
  const { request } = await import('node:http')
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method: 'POST', headers: { ...headers, 'content-length': String(body.length) } },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('end', () => {
          const fields = Object.entries(incoming.headers).map(([name, value]): [string, string] => [
            name,
            String(value),
          ])
          resolve(new Response(Buffer.concat(chunks), { status: incoming.statusCode ?? 0, headers: fields }))
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
