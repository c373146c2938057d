import type { Server, Socket } from 'node:net'
import { connect } from 'node:net'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, it } from '@jest/globals'
import { encodeAsk } from '@writ/hooks'
import { until } from '@writ/point/fixtures'
import { createHookServer } from './hook-server.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

const MIB = 1024 * 1024

function heldBytes(): number {
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const opened: { server: Server; client: Socket; folder: string }[] = []
afterEach(async () => {
  for (const { server, client, folder } of opened.splice(0)) {
    client.destroy()
    server.close()
    await rm(folder, { recursive: true })
  }
})

/** A client of a server whose desk answers nobody. */
async function givenClient() {
  const folder = await mkdtemp(join(tmpdir(), 'hook-'))
  const path = join(folder, 's')
  const asked: string[] = []
  const ask = (client: string): Promise<never> => {
    asked.push(client)
    return new Promise(() => {})
  }
  const server = createHookServer({ ask }, () => {})
  const served = new Promise<Socket>((resolve) => server.once('connection', resolve))
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const client = connect(path).on('error', () => {})
  opened.push({ server, client, folder })
  return { client, asked, served: await served }
}

const PIECE = Buffer.alloc(MIB)
const FRAME = encodeAsk({ client: 'claude-code', payload: Buffer.from('{}') })

describe('a hook client', () => {
  it('is asked for by a frame in single bytes, too', async () => {
    const { served, asked } = await givenClient()
    for (let at = 0; at < FRAME.length; at += 1) served.emit('data', Buffer.from(FRAME.subarray(at, at + 1)))
    await until(() => asked.length === 1)
    expect(asked).toEqual(['claude-code'])
  })

  it('takes hardly more room for single bytes than it has sent bytes', async () => {
    const { served } = await givenClient()
    const before = heldBytes()
    served.emit('data', Buffer.from([0, 0x10, 0, 0]))
    const read = Buffer.alloc(64 * 1024, 'a')
    for (let at = 0; at < 256 * 1024; at += 1)
      served.emit('data', read.subarray(at % read.length, (at % read.length) + 1))
    expect(heldBytes() - before).toBeLessThan(4 * MIB)
  })

  it('takes no room for what it says after its question', async () => {
    const { client, served, asked } = await givenClient()
    client.write(FRAME)
    await until(() => asked.length === 1)
    const before = heldBytes()
    for (let sent = 0; sent < 32; sent += 1) client.write(PIECE)
    await until(() => served.bytesRead >= 32 * MIB)
    expect(heldBytes() - before).toBeLessThan(16 * MIB)
  })
})
