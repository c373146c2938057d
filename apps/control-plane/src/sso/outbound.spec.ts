import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { OutOfReach } from '@writ/runtime'
import { createOutbound } from './outbound.ts'

const PUBLIC_ONLY = { loopback: false, privateNetworks: false }
const LOOPBACK = { loopback: true, privateNetworks: false }

let server: Server
let port: number
const seen: string[] = []

beforeAll(async () => {
  server = createServer((request, response): unknown => {
    seen.push(`${request.method} ${request.url}`)
    if (request.url === '/away') return response.writeHead(302, { location: '/secret' }).end()
    if (request.url === '/large') return response.end('x'.repeat(600 * 1024))
    if (request.url === '/nothing') return response.writeHead(204).end()
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    return request.on('end', () => response.end(`got ${Buffer.concat(chunks).toString()}`))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  port = typeof address === 'object' && address ? address.port : 0
})
afterAll(() => new Promise<void>((resolve) => void server.close(() => resolve())))

describe('the way out', () => {
  it('leads to https only, and to loopback http where the operator says so', async () => {
    await expect(createOutbound(PUBLIC_ONLY).fetch('http://idp.example/')).rejects.toThrow(OutOfReach)
    await expect(createOutbound(LOOPBACK).fetch('http://idp.example/')).rejects.toThrow(OutOfReach)
    await expect(createOutbound(LOOPBACK).fetch('ftp://127.0.0.1/')).rejects.toThrow(OutOfReach)
    const answer = await createOutbound(LOOPBACK).fetch(`http://127.0.0.1:${port}/here`, {
      method: 'POST',
      body: new URLSearchParams({ a: 'b' }),
    })
    expect([answer.status, await answer.text()]).toEqual([200, 'got a=b'])
  })

  it('does not lead to our own networks, however the address is written', async () => {
    const hosts = [
      '127.0.0.1',
      'localhost',
      '2130706433',
      '0x7f.1',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '0.0.0.0',
      '[::]',
      '169.254.169.254',
      '[::ffff:169.254.169.254]',
      '[fe80::1]',
      '10.0.0.1',
      '172.16.9.9',
      '192.168.1.1',
      '100.64.0.1',
      '[fd00::1]',
      '[64:ff9b::a9fe:a9fe]',
      '[2002:a9fe:a9fe::1]',
    ]
    for (const host of hosts)
      await expect(createOutbound(PUBLIC_ONLY).fetch(`https://${host}:${port}/`)).rejects.toThrow(OutOfReach)
    expect(seen.filter((request) => request === 'GET /')).toEqual([])
  })

  it('keeps away from link-local addresses even where private networks are allowed', async () => {
    const wide = createOutbound({ loopback: true, privateNetworks: true })
    for (const host of ['169.254.169.254', '[fe80::1]', '0.0.0.0', '[::ffff:169.254.169.254]'])
      await expect(wide.fetch(`https://${host}/`)).rejects.toThrow(OutOfReach)
  })

  it('follows no redirect', async () => {
    const answer = await createOutbound(LOOPBACK).fetch(`http://127.0.0.1:${port}/away`)
    expect([answer.status, seen.includes('GET /secret')]).toEqual([302, false])
  })

  it('takes answers up to a size, and answers without a body', async () => {
    await expect(createOutbound(LOOPBACK).fetch(`http://127.0.0.1:${port}/large`)).rejects.toThrow(OutOfReach)
    expect((await createOutbound(LOOPBACK).fetch(`http://127.0.0.1:${port}/nothing`)).status).toBe(204)
  })
})
