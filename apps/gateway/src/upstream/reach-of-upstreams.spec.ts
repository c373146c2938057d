import type { LookupAddress } from 'node:dns'
import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import { afterEach, describe, expect, it } from '@jest/globals'
import { isRefusal, REFUSALS } from '@writ/contracts'
import { until } from '@writ/point/fixtures'
import { testAuthority } from '@writ/runtime/fixtures'
import { answerOk, closeAll, givenUpstream, givenWay } from './given-upstreams.fixture.ts'

afterEach(closeAll)

const NO_LOOPBACK = { loopback: false }

/** What a name server says, one answer after the other; the last one stays. */
function nameServer(...answers: readonly (readonly string[])[]) {
  const asked: string[] = []
  const resolve = (hostname: string): Promise<LookupAddress[]> => {
    asked.push(hostname)
    const answer = answers[Math.min(asked.length, answers.length) - 1] ?? []
    return Promise.resolve(answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })))
  }
  return { asked, resolve }
}

describe('an upstream on this machine', () => {
  it.each([
    '127.0.0.1',
    'localhost',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '127.1',
    '0x7f000001',
    '2130706433',
    '0.0.0.0',
    '0',
  ])('as %s is not gone to, unless the gateway is told so for development', async (host) => {
    const { port, sockets } = await givenUpstream()
    const { call } = givenWay(NO_LOOPBACK)
    expect(await call({ url: `http://${host}:${port}/mcp` })).toBe('upstream_forbidden')
    expect(sockets).toEqual([])
  })

  it('is not gone to because a tenant was allowed other networks', async () => {
    const { url } = await givenUpstream()
    const { call } = givenWay(NO_LOOPBACK)
    expect(await call({ url, networks: ['10.0.0.0/8', 'fd00::/8'] })).toBe('upstream_forbidden')
  })
})

describe('an upstream by its name', () => {
  it.each([
    ['loopback', ['127.0.0.1']],
    ['loopback beside a public address', ['93.184.215.14', '127.0.0.1']],
    ['loopback in IPv6', ['::1']],
    ['a mapped address', ['::ffff:127.0.0.1']],
    ['the metadata service', ['169.254.169.254']],
    ['the metadata service by NAT64', ['64:ff9b::a9fe:a9fe']],
    ['the metadata service in IPv6', ['fd00:ec2::254']],
    ['a private network', ['10.0.0.1']],
    ['the network of a carrier', ['100.64.0.1']],
    ['6to4', ['2002:7f00:1::']],
    ['this link', ['fe80::1']],
    ['nothing at all', []],
  ])('that leads to %s is not gone to', async (_, addresses) => {
    const { port, sockets } = await givenUpstream()
    const { asked, resolve } = nameServer(addresses)
    const { ask, news, outcomes } = givenWay(NO_LOOPBACK, resolve)
    const answer = await ask({ url: `http://upstream.example:${port}/mcp` })
    expect(isRefusal(answer) && [answer.code, answer.detail]).toEqual([
      'upstream_forbidden',
      REFUSALS.upstream_forbidden.text,
    ])
    expect([asked, sockets]).toEqual([['upstream.example'], []])
    expect([news.map(({ state }) => state), outcomes]).toEqual([['out_of_reach'], ['refused']])
  })

  it('is gone to in the networks that its tenant was allowed, and other tenants are not let in there by that', async () => {
    const { port } = await givenUpstream()
    const { resolve } = nameServer(['127.0.0.1'])
    const { call } = givenWay(NO_LOOPBACK, resolve)
    const url = `http://upstream.internal:${port}/mcp`
    // the one network with a real upstream in it; the API lets nobody allow it
    expect(await call({ url, tenant: '1', networks: ['127.0.0.1/32'] })).toBe(200)
    expect(await call({ url, tenant: '2' })).toBe('upstream_forbidden')
    expect(await call({ url, tenant: '1' })).toBe('upstream_forbidden')
  })

  it('is judged by the answer that is connected to: what it says at first counts for nothing later', async () => {
    const { port, requests } = await givenUpstream((_, response) => {
      response.setHeader('connection', 'close')
      response.setHeader('content-type', 'application/json')
      response.end('{}')
    })
    const { asked, resolve } = nameServer(['127.0.0.1'], ['127.0.0.2'])
    const { call } = givenWay(NO_LOOPBACK, resolve)
    const to = { url: `http://rebinding.example:${port}/mcp`, networks: ['127.0.0.1/32'] }
    expect(await call(to)).toBe(200)
    await until(() => requests[0]?.socket.destroyed === true)
    expect(await call(to)).toBe('upstream_forbidden')
    expect([asked.length, requests.length]).toEqual([2, 1])
  })

  it('is asked for once for each socket: nothing is looked up between the judgement and the connection', async () => {
    const { port, requests } = await givenUpstream()
    const { asked, resolve } = nameServer(['127.0.0.1'], ['127.0.0.2'])
    const { call } = givenWay(NO_LOOPBACK, resolve)
    const url = `http://rebinding.example:${port}/mcp`
    expect(await call({ url, networks: ['127.0.0.1/32'] })).toBe(200)
    expect([asked.length, requests[0]?.socket.localAddress, requests[0]?.headers.host]).toEqual([
      1,
      '127.0.0.1',
      `rebinding.example:${port}`,
    ])
  })

  it('that nobody knows is said to be unknown', async () => {
    const unknown = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
    const { ask } = givenWay({}, () => Promise.reject(unknown))
    const answer = await ask({ url: 'http://upstream.example/mcp' })
    expect(isRefusal(answer) && answer.detail).toBe('the name of the upstream is not known')
  })

  it('whose name server says nothing is given up after the time that a connection has', async () => {
    const { ask } = givenWay({}, () => new Promise(() => undefined))
    const answer = await ask({
      url: 'http://upstream.example/mcp',
      upstream: { timeouts: { connectMs: 200 } },
    })
    expect(isRefusal(answer) && answer.detail).toBe('the upstream did not answer in time')
  })
})

describe('an upstream at a port of another protocol', () => {
  it.each([22, 25, 5432, 6379])('%i is not gone to', async (port) => {
    const { asked, resolve } = nameServer(['127.0.0.1'])
    const { call } = givenWay({}, resolve)
    expect(await call({ url: `http://upstream.example:${port}/mcp` })).toBe('upstream_forbidden')
    expect(asked).toEqual([])
  })
})

const byName = () => nameServer(['127.0.0.1']).resolve
const urlOf = (port: number) => `https://upstream.internal:${port}/mcp`

const asked = async (port: number, tls: object, url = urlOf(port)) => {
  const answer = await givenWay({}, byName()).ask({ url, upstream: { tls } })
  return isRefusal(answer) ? [answer.code, answer.detail] : answer.status
}

/** The name that the upstream was shown. */
function peerOf({ socket }: IncomingMessage): unknown {
  return socket instanceof TLSSocket ? socket.getPeerCertificate().subject?.CN : null
}

describe('an upstream with TLS', () => {
  const authority = testAuthority()
  const other = testAuthority()
  const certified = authority.issue('upstream.internal')
  const trusting = { authorities: authority.cert }
  const given = (options: object = {}) => givenUpstream(answerOk, { ...certified, ...options })
  const UNPROVEN = ['upstream_unreachable', 'the upstream did not prove by TLS that it is the one meant']

  /** One that asks for certificates, and what it was shown. */
  const asking = async (rejectUnauthorized: boolean) => {
    const peers: unknown[] = []
    const options = { ...certified, requestCert: true, rejectUnauthorized, ca: authority.cert }
    const upstream = await givenUpstream((request, response) => {
      peers.push(peerOf(request))
      answerOk(request, response)
    }, options)
    return { ...upstream, peers }
  }

  it('is believed where the connection names who signed its certificate', async () => {
    const { port } = await given()
    expect(await asked(port, trusting)).toBe(200)
  })

  it('is not believed otherwise, and not under another authority', async () => {
    const { port, requests } = await given()
    expect(await asked(port, {})).toEqual(UNPROVEN)
    expect(await asked(port, { authorities: other.cert })).toEqual(UNPROVEN)
    expect(requests).toEqual([])
  })

  it('is not believed because the process is told to believe everything', async () => {
    const { port } = await given()
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    try {
      expect(await asked(port, {})).toEqual(UNPROVEN)
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    }
  })

  it('must have the name of the URL, or the one that the connection says', async () => {
    const { port, url } = await given()
    expect(await asked(port, trusting, url)).toEqual(UNPROVEN)
    expect(await asked(port, { ...trusting, serverName: 'upstream.internal' }, url)).toBe(200)
    expect(await asked(port, { ...trusting, serverName: 'other.internal' })).toEqual(UNPROVEN)
  })

  it('must speak the version that the connection says', async () => {
    const { port } = await given({ maxVersion: 'TLSv1.2' })
    expect(await asked(port, { ...trusting, minVersion: 'TLSv1.3' })).toEqual(UNPROVEN)
    expect(await asked(port, trusting)).toBe(200)
  })

  it('does not become another one by the session of an earlier socket', async () => {
    const { port, requests } = await given()
    const { ask } = givenWay({}, byName())
    const url = urlOf(port)
    expect(isRefusal(await ask({ url, upstream: { tls: trusting } }))).toBe(false)
    const answer = await ask({ url, upstream: { tls: { authorities: other.cert } } })
    expect([isRefusal(answer), requests.length]).toEqual([true, 1])
  })

  it('knows us by a certificate where the connection has one, and no message holds its key', async () => {
    const mine = authority.issue('gateway.internal')
    const { port, requests, peers } = await asking(false)
    const { call } = givenWay({}, byName())
    const to = { url: urlOf(port), version: 1, upstream: { tls: trusting } }
    expect(await call({ ...to, certified: mine })).toBe(200)
    expect(peers).toEqual(['gateway.internal'])
    expect(JSON.stringify(requests[0]?.rawHeaders)).not.toContain('PRIVATE')
  })

  it('does not hear one credential on the socket of another', async () => {
    const [mine, yours] = [authority.issue('mine.internal'), authority.issue('yours.internal')]
    const { port, peers } = await asking(false)
    const { call } = givenWay({}, byName())
    const to = { url: urlOf(port), upstream: { tls: trusting } }
    expect(await call({ ...to, version: 1, certified: mine })).toBe(200)
    expect(await call({ ...to, version: 2, certified: yours })).toBe(200)
    expect(await call({ ...to, version: 1, certified: mine, tenant: '1' })).toBe(200)
    expect(await call(to)).toBe(200)
    expect(peers).toEqual(['mine.internal', 'yours.internal', 'mine.internal', undefined])
  })

  it('that takes only certificates it knows turns the others away', async () => {
    const stranger = other.issue('stranger.internal')
    const { port, requests } = await asking(true)
    const { call } = givenWay({}, byName())
    const to = { url: urlOf(port), version: 1, upstream: { tls: trusting } }
    expect(await call({ ...to, certified: stranger })).toBe('upstream_unreachable')
    expect(requests).toEqual([])
  })
})
