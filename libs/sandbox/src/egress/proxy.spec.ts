import { afterEach, describe, expect, it } from '@jest/globals'
import {
  closeAll,
  givenProxy,
  givenServer,
  OUTSIDE_AUTHORITY,
  say,
  secured,
  textOf,
  tunnel,
} from './given-proxy.suite.ts'
import type { HostRule } from './host.ts'

afterEach(closeAll)

const listed = (host: string, port: number | null, mayBePrivate = true): HostRule => ({
  host,
  port,
  mayBePrivate,
})
const get = (url: string, host = new URL(url).host, more = ''): string =>
  `GET ${url} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n${more}\r\n`

describe('a request in absolute form', () => {
  it('goes to the address that was judged, under its name', async () => {
    const { port, heard } = await givenServer({})
    const { asked, path } = await givenProxy({ rules: [listed('a.example', port)] })
    const text = await say(
      path,
      get(`http://a.example:${port}/x?y=1`, undefined, 'proxy-authorization: Basic eA==\r\n'),
    )
    expect(text).toMatch(/^HTTP\/1\.1 200/)
    expect(asked).toEqual([
      { host: 'a.example', port, verb: 'GET', path: '/x?y=1', addresses: ['127.0.0.1'], refusal: null },
    ])
    expect(heard[0]?.request.headers).toMatchObject({ host: `a.example:${port}` })
    expect(heard[0]?.request.headers).not.toHaveProperty('proxy-authorization')
  })

  it('that policy denies is 403, with the reason, and goes nowhere', async () => {
    const { port, heard } = await givenServer({})
    const { path } = await givenProxy({
      rules: [listed('a.example', port)],
      answer: () => ({ outcome: 'deny', reason: 'Not on Sundays.' }),
    })
    expect(await say(path, get(`http://a.example:${port}/`))).toMatch(/^HTTP\/1\.1 403[^]*Not on Sundays\./)
    expect(heard).toEqual([])
  })

  it('that policy wants to ask about is not made', async () => {
    const { port, heard } = await givenServer({})
    const { path } = await givenProxy({
      rules: [listed('a.example', port)],
      answer: () => ({ outcome: 'ask', reason: 'apr_1' }),
    })
    expect(await say(path, get(`http://a.example:${port}/`))).toMatch(/^HTTP\/1\.1 403/)
    expect(heard).toEqual([])
  })

  it('is not made where nothing can be decided', async () => {
    const { port, heard } = await givenServer({})
    const { path } = await givenProxy({
      rules: [listed('a.example', port)],
      decide: async () => {
        throw new Error('away')
      },
    })
    expect(await say(path, get(`http://a.example:${port}/`))).toMatch(/^HTTP\/1\.1 403/)
    expect(heard).toEqual([])
  })

  it.each([
    ['another Host', 'evil.example', ''],
    ['a web socket', undefined, 'upgrade: websocket\r\n'],
  ])('with %s is refused, and told to who records', async (_name, host, more) => {
    const { port, heard } = await givenServer({})
    const { asked, path } = await givenProxy({ rules: [listed('a.example', port)] })
    expect(await say(path, get(`http://a.example:${port}/`, host, more))).toMatch(/^HTTP\/1\.1 403/)
    expect(asked[0]?.refusal).not.toBeNull()
    expect(heard).toEqual([])
  })

  it.each([
    ['https://a.example/', 'a.example'],
    ['/only/a/path', 'unnamed'],
    ['ftp://a.example/', 'a.example'],
    ['http://u:p@a.example/', 'a.example'],
  ])(
    '%s is no such request, and who records is told of it, without what may be secret',
    async (url, host) => {
      const { asked, seen, path } = await givenProxy({ onlyListed: false })
      expect(await say(path, `GET ${url} HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\n\r\n`)).toMatch(
        /^HTTP\/1\.1 400/,
      )
      expect(asked).toMatchObject([{ host, port: 0, path: null, refusal: expect.stringContaining('proxy') }])
      expect(seen).toMatchObject([{ host, outcome: 'deny' }])
    },
  )

  it('that is no HTTP is told too', async () => {
    const { asked, path } = await givenProxy({ onlyListed: false })
    await say(path, 'CONNECT １２７.0.0.1:80 HTTP/1.1\r\n\r\n')
    expect(asked).toMatchObject([{ host: '１２７.0.0.1:80', refusal: expect.any(String) }])
    await say(path, 'GET http://u:secret@\u0000/ HTTP/1.1\r\n\r\n')
    expect(asked).toHaveLength(2)
    expect(JSON.stringify(asked)).not.toContain('secret')
  })
})

describe('an address', () => {
  it.each(['127.0.0.1', '169.254.169.254', '10.0.0.8', '::1', 'fe80::1', '::ffff:10.0.0.1'])(
    '%s is not connected to for a name that is only listed',
    async (address) => {
      const { asked, path, seen } = await givenProxy({
        rules: [listed('a.example', 443, false)],
        lookUp: async () => ['93.184.216.34', address],
      })
      const { head } = await tunnel(path, 'a.example:443')
      expect(head).toMatch(/^HTTP\/1\.1 403/)
      expect(asked[0]?.refusal).toMatch(address)
      expect(seen[0]?.outcome).toBe('deny')
    },
  )

  it('of metadata is not connected to even where private ones are meant', async () => {
    const { path } = await givenProxy({
      rules: [listed('a.example', 443)],
      lookUp: async () => ['169.254.169.254'],
    })
    expect((await tunnel(path, 'a.example:443')).head).toMatch(/^HTTP\/1\.1 403/)
  })

  it('stays refused where policy only observes', async () => {
    const { path } = await givenProxy({
      rules: [listed('a.example', 443, false)],
      answer: () => ({ outcome: 'allow' }),
    })
    expect((await tunnel(path, 'a.example:443')).head).toMatch(/^HTTP\/1\.1 403/)
  })

  it('is looked up once: a name that changes meanwhile changes nothing', async () => {
    const { port, heard } = await givenServer({})
    let asked = 0
    const { path } = await givenProxy({
      rules: [listed('a.example', port)],
      lookUp: async () => (++asked === 1 ? ['127.0.0.1'] : ['169.254.169.254']),
    })
    expect(await say(path, get(`http://a.example:${port}/`))).toMatch(/^HTTP\/1\.1 200/)
    expect([asked, heard.length]).toEqual([1, 1])
  })

  it('given instead of a name is refused where everything else is open', async () => {
    const { asked, path } = await givenProxy({ onlyListed: false })
    expect((await tunnel(path, '0x5db8d822:443')).head).toMatch(/^HTTP\/1\.1 403/)
    expect(asked[0]).toMatchObject({ host: '93.184.216.34', addresses: [] })
  })

  it('of a name without any is a refusal', async () => {
    const { path } = await givenProxy({
      rules: [listed('a.example', 443)],
      lookUp: async () => {
        throw new Error('ENOTFOUND')
      },
    })
    expect((await tunnel(path, 'a.example:443')).head).toMatch(/^HTTP\/1\.1 403[^]*no address/)
  })
})

describe('a tunnel', () => {
  it('carries TLS to the server that CONNECT named', async () => {
    const { port } = await givenServer({ tls: true, reply: 'pong' })
    const { asked, path } = await givenProxy({ rules: [listed('a.example', port)] })
    const { socket, head } = await tunnel(path, `a.example:${port}`)
    expect(head).toMatch(/^HTTP\/1\.1 200/)
    const tls = await secured(socket, 'a.example', OUTSIDE_AUTHORITY.certificate)
    tls?.write('GET / HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\n\r\n')
    expect(tls && (await textOf(tls))).toMatch(/pong/)
    expect(asked).toHaveLength(1)
  })

  it('to another server than CONNECT named is cut, and told to who records', async () => {
    const { port, heard } = await givenServer({ tls: true, reply: 'pong' })
    const { asked, path } = await givenProxy({ rules: [listed('a.example', port)] })
    const { socket } = await tunnel(path, `a.example:${port}`)
    expect(await secured(socket, 'b.example', OUTSIDE_AUTHORITY.certificate)).toBeNull()
    expect(heard).toEqual([])
    expect(asked[1]?.refusal).toMatch(/b\.example/)
  })

  it('with something else than TLS is cut, but where the person says so', async () => {
    const { port, heard } = await givenServer({ reply: 'pong' })
    const closed = await givenProxy({ rules: [listed('a.example', port)] })
    const first = await tunnel(closed.path, `a.example:${port}`)
    first.socket.write('GET / HTTP/1.0\r\n\r\n')
    expect(await textOf(first.socket)).toBe('')
    expect(heard).toEqual([])
    const open = await givenProxy({ rules: [listed('a.example', port)], opaqueHosts: ['a.example'] })
    const second = await tunnel(open.path, `a.example:${port}`)
    second.socket.write('GET / HTTP/1.0\r\n\r\n')
    expect(await textOf(second.socket)).toMatch(/pong/)
  })

  it.each(['b.example:443', 'a.example:22'])(
    'to %s, which is not listed, is refused with how to list it',
    async (authority) => {
      const { path } = await givenProxy({ rules: [listed('a.example', null)] })
      expect((await tunnel(path, authority)).head).toMatch(new RegExp(`403[^]*--allow-host ${authority}`))
    },
  )
})

describe('what is read', () => {
  const SECRET = 'sk-real-secret-123'
  const injections = [{ placeholder: 'writ-placeholder-1', secret: SECRET }]
  const readTo = async (port: number, more: object = {}) =>
    givenProxy({
      rules: [listed('a.example', port)],
      interceptions: [{ host: 'a.example', injections, registry: null }],
      ...more,
    })

  it('has the secret in place of its placeholder, also in Basic credentials', async () => {
    const { port, heard } = await givenServer({ tls: true, reply: 'pong' })
    const { asked, authority, path } = await readTo(port)
    const { socket } = await tunnel(path, `a.example:${port}`)
    const tls = await secured(socket, 'a.example', authority.certificate)
    const basic = Buffer.from('ada:writ-placeholder-1').toString('base64')
    tls?.write(
      `GET /v1?z=1 HTTP/1.1\r\nhost: a.example:${port}\r\nx-key: writ-placeholder-1\r\nauthorization: Basic ${basic}\r\nconnection: close\r\n\r\n`,
    )
    await (tls && textOf(tls))
    expect(heard[0]?.request.headers).toMatchObject({
      'x-key': SECRET,
      authorization: `Basic ${Buffer.from(`ada:${SECRET}`).toString('base64')}`,
    })
    expect(asked).toEqual([
      { host: 'a.example', port, verb: 'GET', path: '/v1?z=1', addresses: ['127.0.0.1'], refusal: null },
    ])
  })

  it('covers the secret where the server repeats it', async () => {
    const { port } = await givenServer({ tls: true, reply: `before ${SECRET} after` })
    const { authority, path } = await readTo(port)
    const { socket } = await tunnel(path, `a.example:${port}`)
    const tls = await secured(socket, 'a.example', authority.certificate)
    tls?.write(
      `GET / HTTP/1.1\r\nhost: a.example:${port}\r\nauthorization: Bearer writ-placeholder-1\r\nconnection: close\r\n\r\n`,
    )
    const text = (tls && (await textOf(tls))) ?? ''
    expect(text).toMatch(/before \*{18} after/)
    expect(text).not.toContain(SECRET)
  })

  it('never has the secret over plain HTTP, nor for another host', async () => {
    const { port, heard } = await givenServer({})
    const { path } = await readTo(port, { rules: [listed('a.example', port), listed('b.example', port)] })
    await say(path, get(`http://a.example:${port}/`, undefined, 'x-key: writ-placeholder-1\r\n'))
    await say(path, get(`http://b.example:${port}/`, undefined, 'x-key: writ-placeholder-1\r\n'))
    expect(heard.map(({ request }) => request.headers['x-key'])).toEqual([
      'writ-placeholder-1',
      'writ-placeholder-1',
    ])
  })

  it('is asked for under the name of CONNECT alone, in TLS and in the Host field', async () => {
    const { port, heard } = await givenServer({ tls: true })
    const { asked, authority, path } = await readTo(port)
    const first = await tunnel(path, `a.example:${port}`)
    expect(await secured(first.socket, 'b.example', authority.certificate)).toBeNull()
    const second = await tunnel(path, `a.example:${port}`)
    const tls = await secured(second.socket, 'a.example', authority.certificate)
    tls?.write('GET / HTTP/1.1\r\nhost: b.example\r\nconnection: close\r\n\r\n')
    expect(tls && (await textOf(tls))).toMatch(/^HTTP\/1\.1 403/)
    expect(asked.at(-1)?.refusal).toMatch(/Host/)
    expect(heard).toEqual([])
  })

  it('goes only to a server that proves its name', async () => {
    const { port, heard } = await givenServer({ tls: true, host: 'other.example' })
    const { authority, path } = await readTo(port)
    const { socket } = await tunnel(path, `a.example:${port}`)
    const tls = await secured(socket, 'a.example', authority.certificate)
    tls?.write(
      `GET / HTTP/1.1\r\nhost: a.example:${port}\r\nx-key: writ-placeholder-1\r\nconnection: close\r\n\r\n`,
    )
    expect(tls && (await textOf(tls))).toMatch(/^HTTP\/1\.1 502/)
    expect(heard).toEqual([])
  })

  it('of a registry brings no package that is known to be malicious, whoever depends on it', async () => {
    const { port, heard } = await givenServer({ tls: true, reply: 'bytes' })
    const { asked, authority, path } = await readTo(port, {
      interceptions: [{ host: 'a.example', injections: [], registry: 'npm' }],
      packageFault: async (_kind: string, name: string, version: string | null) =>
        name === 'evil' ? `${name}@${version} is malicious` : null,
    })
    const fetched = async (target: string): Promise<string> => {
      const { socket } = await tunnel(path, `a.example:${port}`)
      const tls = await secured(socket, 'a.example', authority.certificate)
      tls?.write(`GET ${target} HTTP/1.1\r\nhost: a.example:${port}\r\nconnection: close\r\n\r\n`)
      return (tls && (await textOf(tls))) ?? ''
    }
    expect(await fetched('/evil/-/evil-1.0.0.tgz')).toMatch(/^HTTP\/1\.1 403[^]*evil@1\.0\.0 is malicious/)
    expect(await fetched('/good/-/good-1.0.0.tgz')).toMatch(/^HTTP\/1\.1 200/)
    expect(heard).toHaveLength(1)
    expect(asked[0]?.refusal).toMatch(/malicious/)
  })
})
