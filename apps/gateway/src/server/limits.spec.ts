import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, it } from '@jest/globals'
import { isRefusal } from '@writ/contracts'
import type { Answer, Received } from '@writ/enforcement'
import { until } from '@writ/point/fixtures'
import { startServer } from './server.ts'
import type { GatewayServer, ServerLimits } from './server.ts'

const LIMITS: ServerLimits = {
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
const CALL =
  'POST /acme/files/mcp HTTP/1.1\r\nHost: gateway.example\r\nAuthorization: DPoP t\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'

const open: GatewayServer[] = []
const sockets: Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await Promise.all(open.splice(0).map((server) => server.close(0)))
})

async function serving(mediate: (received: Received) => Answer, limits: Partial<ServerLimits> = {}) {
  const server = await startServer({
    listen: { host: '127.0.0.1', port: 0 },
    publicOrigin: 'https://gateway.example',
    authorityOrigin: 'https://authority.example',
    limits: { ...LIMITS, ...limits },
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

/** A client that reads nothing unless it is told to. */
function client(port: number, text = '') {
  const socket = connect(port, '127.0.0.1')
  sockets.push(socket)
  const seen = { isClosed: false, bytes: 0 }
  socket.on('error', () => {})
  socket.on('close', () => (seen.isClosed = true))
  if (text !== '') socket.write(text)
  const read = () => socket.on('data', (chunk) => (seen.bytes += chunk.length))
  /** Settles when so much was read, with pauses, or nothing comes any more. @returns how long that took, in milliseconds */
  const readSlowly = async (sizeBytes: number, pauseMs: number): Promise<number> => {
    const beganMs = performance.now()
    socket.on('data', (chunk) => {
      seen.bytes += chunk.length
      socket.pause()
      setTimeout(() => socket.resume(), pauseMs)
    })
    await until(() => seen.bytes > sizeBytes || seen.isClosed)
    return performance.now() - beganMs
  }
  return { socket, seen, read, readSlowly }
}

/** Longer than a busy machine leaves this process, and so both ends, without a turn. */
const PATIENT = { slowReaderMs: 1000 }

const EVENT = Buffer.from(`data: ${'x'.repeat(64 * 1024)}\n\n`)

describe('a stream that its client does not read', () => {
  it('is cut off with a reason, and no more of it was asked for than was taken', async () => {
    const told: unknown[] = []
    let asked = 0
    const server = await serving(({ hangUp }) => ({
      kind: 'stream',
      status: 200,
      headers: [],
      frames: (async function* () {
        try {
          for (;;) {
            asked += 1
            yield EVENT
          }
        } finally {
          told.push(hangUp.reason)
        }
      })(),
    }))
    const { seen } = client(server.port, CALL)
    await until(() => told.length === 1)
    expect(isRefusal(told[0]) && told[0].code).toBe('reader_too_slow')
    // What the buffers of the system take, on both sides of the loopback, and not a stream without end.
    expect(asked).toBeLessThan(400)
    expect(seen.bytes).toBe(0)
  })

  it('goes on where it is read, however slowly', async () => {
    const stream = () => ({
      kind: 'stream' as const,
      status: 200,
      headers: [],
      frames: (async function* () {
        for (let at = 0; at < 100; at += 1) yield EVENT
      })(),
    })
    const server = await serving(stream, PATIENT)
    const { seen, readSlowly } = client(server.port, CALL)
    expect(await readSlowly(100 * EVENT.length, 15)).toBeGreaterThan(PATIENT.slowReaderMs)
    expect(seen.isClosed).toBe(false)
  })
})

describe('a large answer', () => {
  it('is dropped where its client takes none of it', async () => {
    const server = await serving(large)
    client(server.port, CALL)
    await until(() => server.sockets.open() === 1)
    await until(() => server.sockets.open() === 0)
    expect(server.sockets.open()).toBe(0)
  })

  it('is cut for others where its client takes it slowly on ever more connections', async () => {
    const body = Buffer.alloc(32 * 1024 * 1024, 0x20)
    const server = await serving(() => ({ kind: 'whole', status: 200, headers: [], body }), {
      slowReaderMs: 60_000,
    })
    for (let count = 1; count <= 8; count += 1) {
      client(server.port, CALL)
      await until(() => server.sockets.open() === count)
    }
    await delay(1100)
    const { seen, read } = client(server.port, CALL)
    read()
    await until(() => seen.bytes > 0)
    await until(() => server.sockets.open() === 8)
    expect(seen.isClosed).toBe(false)
  })

  it('arrives where its client takes it', async () => {
    const server = await serving(large, PATIENT)
    const { seen, readSlowly } = client(server.port, CALL)
    expect(await readSlowly(32 * 1024 * 1024, 4)).toBeGreaterThan(2 * PATIENT.slowReaderMs)
    expect(seen.isClosed).toBe(false)
  })
})

describe('sockets', () => {
  it('of one address are as many as there may be, and what is more is closed at once', async () => {
    const server = await serving(ok, { socketsPerAddress: 3 })
    const clients = Array.from({ length: 10 }, () => client(server.port))
    await until(() => server.sockets.turnedAway() === 7)
    expect(server.sockets.open()).toBe(3)
    await until(() => clients.filter(({ seen }) => seen.isClosed).length >= 7)
    for (const { socket } of clients) socket.destroy()
    await until(() => server.sockets.open() === 0)
    const { seen, read } = client(server.port, CALL)
    read()
    await until(() => seen.bytes > 0)
    expect(seen.isClosed).toBe(false)
  })

  it('that say nothing, or too little, are reaped', async () => {
    const server = await serving(ok)
    client(server.port)
    const dripping = client(server.port, 'POST /acme/files/mcp HTTP/1.1\r\n')
    const drip = setInterval(() => dripping.socket.write('X'), 50)
    await until(() => server.sockets.open() === 2)
    await until(() => server.sockets.open() === 0)
    clearInterval(drip)
    expect(server.sockets.open()).toBe(0)
  })
})

describe('a server that closes', () => {
  it('says so from the first moment on, and lets what is under way end', async () => {
    let finish: (() => void) | undefined
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    const server = await serving(() => ({
      kind: 'stream',
      status: 200,
      headers: [],
      frames: (async function* () {
        yield Buffer.from('data: 1\n\n')
        await finished
        yield Buffer.from('data: 2\n\n')
      })(),
    }))
    const { seen, read } = client(server.port, CALL)
    read()
    await until(() => seen.bytes > 0)
    expect(server.isStopping()).toBe(false)
    const closing = server.close(5_000)
    expect(server.isStopping()).toBe(true)
    const before = seen.bytes
    finish?.()
    await closing
    await until(() => seen.isClosed)
    expect(seen.bytes).toBeGreaterThan(before)
  })
})

const large = (): Answer => ({
  kind: 'whole',
  status: 200,
  headers: [['content-type', 'application/json']],
  body: Buffer.alloc(32 * 1024 * 1024, 0x20),
})
const ok = (): Answer => ({ kind: 'whole', status: 200, headers: [], body: Buffer.from('{}') })
