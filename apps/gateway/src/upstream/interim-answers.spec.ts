import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import { listenOn } from '@writ/runtime'
import { closeAll, givenWay, opened } from './given-upstreams.fixture.ts'

afterEach(closeAll)

const INTERIM = 'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n'
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'

/** An upstream that is written to the socket, word for word. */
async function speaking(speak: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('data', () => speak(socket))
  })
  const port = await listenOn(server, { host: '127.0.0.1', port: 0 })
  opened.push({
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  })
  return `http://127.0.0.1:${port}/mcp`
}

describe('interim answers of an upstream', () => {
  it('are passed over', async () => {
    const url = await speaking((socket) => socket.write(INTERIM + INTERIM + ANSWER))
    expect(await givenWay().call({ url })).toBe(200)
  })

  it('do not keep a call open beyond the time that the upstream has for its answer', async () => {
    const url = await speaking((socket) => {
      const drip = setInterval(() => socket.write(INTERIM), 50)
      socket.once('close', () => clearInterval(drip))
    })
    const beganMs = performance.now()
    const way = givenWay({ headersTimeoutMs: 600 })
    expect(await way.call({ url })).toBe('upstream_unreachable')
    expect(performance.now() - beganMs).toBeLessThan(4000)
    expect(way.figures().underWay).toBe(0)
  })

  it('without end are none: the upstream is let go', async () => {
    const url = await speaking((socket) => {
      const flood = () => {
        while (socket.writable && socket.write(INTERIM.repeat(100)));
        socket.once('drain', flood)
      }
      flood()
    })
    expect(await givenWay().call({ url })).toMatch(/^upstream_/)
  })
})
