import { createSocket } from 'node:dgram'
import { promises as dns } from 'node:dns'
import { afterEach, describe, expect, it } from '@jest/globals'
import { createResolve } from './resolve.ts'

const opened: { readonly close: () => void }[] = []
afterEach(() => {
  for (const { close } of opened.splice(0)) close()
})

const TYPES: Readonly<Record<number, 'A' | 'AAAA'>> = { 1: 'A', 28: 'AAAA' }

/** A real name server on loopback (RFC 1035 §4): says what is known, that there is no such name, or nothing. */
async function nameServer(
  known: Readonly<Record<string, Readonly<Partial<Record<'A' | 'AAAA', readonly number[]>>>>>,
) {
  const asked: string[] = []
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  opened.push({ close: () => void socket.close() })
  socket.on('message', (query, from) => {
    const { name, type, end } = questionIn(query)
    asked.push(`${name} ${type}`)
    if (name.startsWith('silent')) return
    const data = known[name]?.[type]
    const header = Buffer.from([
      ...query.subarray(0, 2),
      0x81,
      known[name] ? 0x80 : 0x83,
      0,
      1,
      0,
      data ? 1 : 0,
      0,
      0,
      0,
      0,
    ])
    const record = data ? [0xc0, 12, 0, type === 'A' ? 1 : 28, 0, 1, 0, 0, 0, 0, 0, data.length, ...data] : []
    socket.send(
      Buffer.concat([header, query.subarray(12, end), Buffer.from(record)]),
      from.port,
      from.address,
    )
  })
  return { asked, servers: [`127.0.0.1:${socket.address().port}`] }
}

function questionIn(query: Buffer) {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.'), type: TYPES[query.readUInt16BE(at + 1)] ?? 'A', end: at + 5 }
}

const FOUR = [93, 184, 215, 14]
const SIX = [0x26, 6, 0x47, 0, ...Array.from({ length: 10 }, () => 0), 0x11, 0x11]

describe('a name', () => {
  it('has the addresses of both families', async () => {
    const { servers } = await nameServer({
      'both.example': { A: FOUR, AAAA: SIX },
      'six.example': { AAAA: SIX },
    })
    const resolve = createResolve({ servers })
    expect(await resolve('both.example')).toEqual([
      { address: '93.184.215.14', family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ])
    expect(await resolve('six.example')).toEqual([{ address: '2606:4700::1111', family: 6 }])
  })

  it('that nobody knows is an error that says so', async () => {
    const { servers } = await nameServer({})
    await expect(createResolve({ servers })('nobody.example')).rejects.toMatchObject({ code: 'ENOTFOUND' })
  })

  it('is asked for once by all who want it at the same moment, and again by who comes later', async () => {
    const { servers, asked } = await nameServer({ 'one.example': { A: FOUR } })
    const resolve = createResolve({ servers })
    const all = await Promise.all(Array.from({ length: 50 }, () => resolve('one.example')))
    expect(new Set(all.map((found) => JSON.stringify(found))).size).toBe(1)
    expect(asked.length).toBe(2)
    await resolve('one.example')
    expect(asked.length).toBe(4)
  })

  it('that is known to this machine only is asked of the system', async () => {
    const { servers, asked } = await nameServer({})
    const found = await createResolve({ servers })('localhost')
    expect(found.map(({ address }) => address)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^(127\.|::1$)/)]),
    )
    expect(asked).toEqual([])
  })
})

describe('name servers that do not answer', () => {
  it('hold up nobody else: neither other names nor the threads of the system', async () => {
    const { servers } = await nameServer({ 'good.example': { A: FOUR } })
    const resolve = createResolve({ servers, timeoutMs: 2000 })
    const silent = Array.from({ length: 40 }, (_, n) =>
      resolve(`silent-${n}.example`).catch(() => 'given up'),
    )
    const begun = performance.now()
    await resolve('good.example')
    await dns.lookup('localhost')
    expect(performance.now() - begun).toBeLessThan(1000)
    opened.splice(0).forEach(({ close }) => close())
    expect(new Set(await Promise.all(silent))).toEqual(new Set(['given up']))
  }, 20_000)

  it('are given up', async () => {
    const { servers } = await nameServer({})
    const begun = performance.now()
    await expect(createResolve({ servers, timeoutMs: 250 })('silent.example')).rejects.toThrow()
    expect(performance.now() - begun).toBeLessThan(5000)
  }, 20_000)
})
