import { connect } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import type { Answer, Received } from '@writ/enforcement'
import { until } from '@writ/point/fixtures'
import { startServer } from './server.ts'
import type { GatewayServer } from './server.ts'

const LIMITS = {
  bodyBytes: 1000,
  bodyIdleMs: 400,
  callsUnderWay: 100,
  bodies: 100,
  bodiesPerAddress: 100,
  sockets: 100,
  socketsPerAddress: 100,
  headersTimeoutMs: 300,
  requestTimeoutMs: 600,
  slowReaderMs: 200,
}
const callTo = (connection: string) =>
  `POST /acme/${connection}/mcp HTTP/1.1\r\nHost: gateway.example\r\nAuthorization: DPoP t\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`

const open: GatewayServer[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close(0)))
})

async function serving(mediate: (received: Received) => Answer) {
  const server = await startServer({
    listen: { host: '127.0.0.1', port: 0 },
    publicOrigin: 'https://gateway.example',
    authorityOrigin: 'https://authority.example',
    limits: LIMITS,
    mediate: async (received) => mediate(received),
    newDecisionId: () => `dec_${'0'.repeat(26)}`,
    nowMs: () => 1_800_000_000_000,
    receiptOf: () => null,
    refusedAtRim: () => {},
    report: () => {},
  })
  open.push(server)
  return server
}

/** A stream that says so much as soon as it is read, and nothing more until its agent hangs up. */
const streamOf = ({ hangUp }: Received, events: number, ended: () => void): Answer => ({
  kind: 'stream',
  status: 200,
  headers: [],
  frames: (async function* () {
    try {
      for (let at = 0; at < events; at += 1) yield Buffer.from(`data: ${'x'.repeat(64 * 1024)}\n\n`)
      await new Promise<void>((resolve) => {
        hangUp.addEventListener('abort', () => resolve(), { once: true })
        if (hangUp.aborted) resolve()
      })
    } finally {
      ended()
    }
  })(),
})

/** Calls in one go; those after the first are to be answered behind it. */
async function atOnce(calls: readonly string[], eventsOfFirst: number) {
  const [begun, ended]: [string[], string[]] = [[], []]
  const server = await serving((received) => {
    begun.push(received.connectionName)
    if (received.connectionName === 'whole') return WHOLE
    const events = received.connectionName === 'first' ? eventsOfFirst : 10
    return streamOf(received, events, () => ended.push(received.connectionName))
  })
  const socket = connect(server.port, '127.0.0.1')
  let text = ''
  socket.on('error', () => {})
  socket.on('data', (chunk) => (text += chunk.toString('latin1')))
  socket.write(calls.map(callTo).join(''))
  await until(() => begun.length > 0)
  return { server, socket, begun, ended, said: () => text }
}

const WHOLE: Answer = { kind: 'whole', status: 200, headers: [], body: Buffer.from('{"answer":42}') }

describe('calls that come on one connection before the answer to the first', () => {
  it('are answered in their order', async () => {
    const { said } = await atOnce(['whole', 'whole', 'whole'], 0)
    await until(() => said().split('{"answer":42}').length === 4)
    expect(said().match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3)
  })

  it('end with the connection, and none of them keeps its place', async () => {
    const { server, socket, begun, ended } = await atOnce(['first', 'second', 'third'], 0)
    socket.destroy()
    await until(() => server.callsUnderWay() === 0)
    expect(ended).toEqual(begun)
    expect(server.sockets.open()).toBe(0)
  })

  it('keep no place where nobody takes what is said', async () => {
    const { server, socket, begun, ended } = await atOnce(['first', 'second'], 400)
    socket.pause()
    await until(() => server.callsUnderWay() === 0)
    expect(ended).toEqual(begun)
  })

  it('are so many at most: who sends on without reading is cut off', async () => {
    const { server } = await atOnce(['first', ...Array.from({ length: 40 }, () => 'second')], 0)
    await until(() => server.sockets.open() === 0)
    await until(() => server.callsUnderWay() === 0)
    expect(server.callsUnderWay()).toBe(0)
  })

  it('do not keep a server from closing', async () => {
    const { server, socket, begun, ended } = await atOnce(['first', 'second'], 0)
    await server.close(0)
    expect(ended).toEqual(begun)
    socket.destroy()
  })
})
