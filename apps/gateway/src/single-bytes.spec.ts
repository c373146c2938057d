import { createServer } from 'node:http'
import { connect } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from '@jest/globals'
import { until } from '@writ/point/fixtures'
import { listenOn } from '@writ/runtime'
import { Dispatcher } from 'undici'
import { collectBody } from './server/body.ts'
import { ChunkFeed } from './upstream/chunk-feed.ts'
import { callUpstream } from './upstream/upstream-call.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

const MIB = 1024 * 1024

function heapBytes(): number {
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Bytes of the process's memory that are held for what was taken in. */
async function takenFor(takeIn: () => Promise<unknown>): Promise<number> {
  const before = heapBytes()
  const held = await takeIn()
  const after = heapBytes()
  expect(held).toBeDefined()
  return after - before
}

/** As undici hands chunks over: each one is a look at what was read from the socket. */
function* singleBytes(count: number): Generator<Buffer> {
  const read = Buffer.alloc(64 * 1024, 'a')
  for (let at = 0; at < count; at += 1) yield read.subarray(at % read.length, (at % read.length) + 1)
}

/** Answers with single bytes, and never ends. */
class Dripping extends Dispatcher {
  handler: Dispatcher.DispatchHandler | undefined

  override dispatch(_: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    this.handler = handler
    const controller = { aborted: false, paused: false, reason: null, ...VALVE }
    handler.onRequestStart?.(controller, {})
    handler.onResponseStart?.(controller, 200, { 'content-type': 'application/json' })
    for (const chunk of singleBytes(256 * 1024)) handler.onResponseData?.(controller, chunk)
    return true
  }
}

const VALVE = { pause: () => undefined, resume: () => undefined, abort: () => undefined }

describe('what is sent in single bytes', () => {
  it('takes an agent that says nothing else hardly more room than it has bytes', async () => {
    const sent = 128 * 1024
    let seen = 0
    const server = createServer((request) => {
      void collectBody(request, { bodyBytes: MIB, bodyIdleMs: 60_000 })
      request.on('data', (chunk: Buffer) => (seen += chunk.length))
    })
    const port = await listenOn(server, { host: '127.0.0.1', port: 0 })
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
    const taken = await takenFor(async () => {
      socket.write('1\r\na\r\n'.repeat(sent))
      await until(() => seen === sent)
      return server
    })
    server.closeAllConnections()
    server.close()
    expect(taken).toBeLessThan(4 * MIB)
  })

  it('takes an upstream whose answer is whole hardly more room than it has bytes', async () => {
    const taken = await takenFor(async () => {
      const dispatcher = new Dripping()
      void callUpstream(
        { dispatcher, ended: () => undefined },
        { path: '/', method: 'POST' },
        { responseBytes: 8 * MIB, headersTimeoutMs: 60_000, bodyTimeoutMs: 60_000 },
        new AbortController().signal,
      )
      return dispatcher.handler
    })
    expect(taken).toBeLessThan(4 * MIB)
  })

  it('takes a stream that nobody reads hardly more room than it has bytes', async () => {
    const taken = await takenFor(async () => {
      const feed = new ChunkFeed(VALVE)
      for (const chunk of singleBytes(60_000)) feed.push(chunk)
      return feed
    })
    expect(taken).toBeLessThan(MIB)
  })
})
