import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { OutletTarget } from '@writ/contracts'
import type { Resolve } from '@writ/runtime'
import { testAuthority } from '@writ/runtime/fixtures'
import { ProblemError } from '../../http/problem.ts'
import { httpReceiver } from '../../testing/outlets.ts'
import { requireReceiver } from '../receivers.ts'
import { createFileSink } from './file-sink.ts'
import { createHttpPost } from './http-post.ts'
import type { WayOut } from './http-post.ts'
import { createSyslog } from './syslog.ts'

const saying =
  (address: string): Resolve =>
  () =>
    Promise.resolve([{ address, family: address.includes(':') ? 6 : 4 }])
const way = (resolve: Resolve, loopback = false): WayOut => ({
  reach: { loopback, networks: [] },
  resolve,
  signal: new AbortController().signal,
})
const RECEIVER = { authorities: null, authorization: null }

/** What became of one request. */
async function posted(url: string, out: WayOut): Promise<unknown> {
  const http = createHttpPost({ ...RECEIVER, url }, out)
  try {
    return await http.post('{}', {})
  } finally {
    http.close()
  }
}

const target = (members: object): OutletTarget => OutletTarget.parse({ kind: 'webhook', ...members })

const OUT_OF_REACH = {
  code: 'out_of_reach',
  detail: 'this address is not reached from here',
  retryAfterMs: 0,
}

describe('a receiver that a tenant named', () => {
  it.each(['10.0.0.1', '169.254.169.254', '127.0.0.1', '::1', '100.100.100.200'])(
    'is not gone to when its name leads to %s, whatever it led to before',
    async (address) => {
      const url = 'https://collector.example.test/v1/logs'
      expect(await posted(url, way(saying(address)))).toEqual(OUT_OF_REACH)
      const syslog = createSyslog(
        { host: 'siem.example.test', port: 6514, authorities: null },
        way(saying(address)),
      )
      expect(await syslog.test({ tenant: 't', id: 'x', atMs: 0 })).toEqual(OUT_OF_REACH)
    },
  )

  it.each([
    'http://127.0.0.1:1/',
    'https://127.0.0.1:1/',
    'https://[::ffff:169.254.169.254]/',
    'http://8.8.8.8/',
  ])('is not gone to at %s', async (url) =>
    expect(await posted(url, way(saying('8.8.8.8')))).toEqual(OUT_OF_REACH),
  )

  it('sends nobody elsewhere, and nothing that it says is told', async () => {
    const receiver = await httpReceiver()
    const other = await httpReceiver()
    receiver.answer = () => ({ status: 307, body: 'secret words' })
    expect(await posted(receiver.url, way(saying('127.0.0.1'), true))).toEqual({
      code: 'redirected',
      detail: 'status 307',
      retryAfterMs: 0,
    })
    expect(other.seen).toEqual([])
    await Promise.all([receiver.kill(), other.kill()])
  })

  it('may answer at any length, and only a little of it is kept', async () => {
    const receiver = await httpReceiver()
    receiver.answer = () => ({ status: 200, body: 'x'.repeat(1_000_000) })
    expect(await posted(receiver.url, way(saying('127.0.0.1'), true))).toEqual({ text: '' })
    await receiver.kill()
  })

  it.each([
    ['by http', target({ url: 'http://collector.example.test/' })],
    ['at a private address', target({ url: 'https://10.1.2.3/' })],
    ['at this machine', target({ url: 'https://localhost/' })],
    ['where clouds hand out credentials', target({ url: 'https://169.254.169.254/latest' })],
    ['at a port of another protocol', target({ url: 'https://collector.example.test:6379/' })],
    ['at a port of another protocol', target({ kind: 'syslog', host: 'siem.example.test', port: 6379 })],
    ['at this machine', target({ kind: 'syslog', host: '::1' })],
  ])('%s is refused when it is named', (_, named) => {
    expect(() => requireReceiver(named, { loopback: false, networks: [] })).toThrow(ProblemError)
  })

  it('on the public Internet is taken', () => {
    for (const named of [
      target({ url: 'https://collector.example.test/x' }),
      target({ kind: 'syslog', host: 'siem.example.test' }),
      target({ kind: 'syslog', host: 'siem.example.test', port: 514 }),
    ])
      expect(() => requireReceiver(named, { loopback: false, networks: [] })).not.toThrow()
  })
})

describe('a syslog receiver that speaks no TLS', () => {
  it('gets nothing that it could read', async () => {
    const heard: Buffer[] = []
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', (chunk) => {
        heard.push(chunk)
        socket.end('no\r\n')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const syslog = createSyslog(
      { host: '127.0.0.1', port, authorities: null },
      way(saying('127.0.0.1'), true),
    )
    const failed = await syslog.test({ tenant: 'tenant-of-the-spec', id: 'x', atMs: 0 })
    expect(['tls', 'unreachable', 'unconfirmed']).toContain(failed?.code)
    expect(Buffer.concat(heard).toString('latin1')).not.toContain('tenant-of-the-spec')
    await new Promise((resolve) => server.close(resolve))
  })
})

describe('a syslog receiver on TLS', () => {
  const authority = testAuthority()
  const sentTo = async (serve: (socket: TLSSocket) => void) => {
    const server = createTlsServer({ ...authority.issue('localhost'), allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {})
      serve(socket)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const syslog = createSyslog(
      { host: 'localhost', port, authorities: authority.cert },
      way(saying('127.0.0.1'), true),
    )
    const failed = await syslog.test({ tenant: 't', id: 'x', atMs: 0 })
    await new Promise((resolve) => server.close(resolve))
    return failed
  }

  it('has what it read to the end', async () => {
    expect(await sentTo((socket) => socket.resume().once('end', () => socket.end()))).toBeNull()
  })

  it('does not have what it left unread when it ended the connection in order', async () => {
    const failed = await sentTo((socket) => {
      socket.pause()
      setTimeout(() => socket.end(), 20)
      setTimeout(() => socket.destroy(), 300)
    })
    expect(failed?.code).toBe('unconfirmed')
  })
})

describe('a file of records', () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'writ-outlet-'))
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))
  const settings = (more = {}) => ({ directory, mostBytes: 100, kept: 2, ...more })
  const text = (name: string) => readFile(join(directory, name), 'utf8')

  it('is put aside when it has grown, the newest are kept, and no line is split', async () => {
    const sink = createFileSink('acme', settings())
    for (let n = 1; n <= 10; n += 1) await sink.write(`${String(n).padStart(39, '0')}\n`)
    await sink.close()
    const names = (await readdir(directory)).filter((name) => name.startsWith('acme')).sort()
    expect(names).toEqual(['acme.3.jsonl', 'acme.4.jsonl', 'acme.jsonl'])
    const lines = (await Promise.all(names.map(text))).join('').trimEnd().split('\n').map(Number)
    expect(lines).toEqual([5, 6, 7, 8, 9, 10])
    expect(((await stat(join(directory, 'acme.jsonl'))).mode & 0o777).toString(8)).toBe('600')
  })

  it('loses the half of a line that a crash left, and nothing else', async () => {
    await writeFile(join(directory, 'torn.jsonl'), '{"a":1}\n{"a":2}\n{"a"')
    const sink = createFileSink('torn', settings())
    await sink.write('{"a":3}\n')
    await sink.close()
    expect(await text('torn.jsonl')).toBe('{"a":1}\n{"a":2}\n{"a":3}\n')
  })

  it('is never somewhere else: a link in its place is refused', async () => {
    await writeFile(join(directory, 'precious'), 'keep me')
    await symlink(join(directory, 'precious'), join(directory, 'linked.jsonl'))
    await expect(createFileSink('linked', settings()).write('x\n')).rejects.toMatchObject({ code: 'ELOOP' })
    expect(await text('precious')).toBe('keep me')
  })
})
