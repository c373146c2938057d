import { describe, expect, it } from '@jest/globals'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { listenOn } from './listen.ts'

describe('listening', () => {
  it('gives the port that is really bound', async () => {
    const server = createServer()
    const port = await listenOn(server, { host: '127.0.0.1', port: 0 })
    expect(port).toBeGreaterThan(0)
    expect(server.listenerCount('error')).toBe(0)
    server.close()
    await once(server, 'close')
  })

  it('fails with the cause when the port is taken', async () => {
    const first = createServer()
    const port = await listenOn(first, { host: '127.0.0.1', port: 0 })
    await expect(listenOn(createServer(), { host: '127.0.0.1', port })).rejects.toThrow(/EADDRINUSE/)
    first.close()
    await once(first, 'close')
  })
})
