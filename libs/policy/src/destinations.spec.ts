import { describe, expect, it } from '@jest/globals'
import type { Json, JsonObject } from '@writ/contracts'
import { destinationsOf, hostsOf } from './destinations.ts'
import { RuleFault } from './rule-fault.ts'

const RESOURCE = 'github/push_files'
const reached = (args: JsonObject) => hostsOf(RESOURCE, args)
const inLists = (depth: number): Json => (depth === 0 ? 'https://a.example' : [inLists(depth - 1)])

describe('the host of a destination', () => {
  it.each([
    ['is that of a URL', 'https://a.example/x?y=https://b.example#z', ['a.example']],
    ['has no port', 'https://a.example:8443/', ['a.example']],
    ['is what stands behind the userinfo', 'https://a.example@b.example/', ['b.example']],
    ['is what stands behind a password', 'https://u:a.example@b.example/', ['b.example']],
    ['is what stands behind the last at sign', 'https://u@a.example@b.example/', ['b.example']],
    ['is of any scheme', 'ftp://a.example/x', ['a.example']],
    ['is read by the same rules whatever the scheme', 'custom://A.EXAMPLE/x', ['a.example']],
    ['is small', 'HTTPS://A.Example/', ['a.example']],
    ['has no dot at its end', 'https://a.example./', ['a.example']],
    ['is found behind space', '  https://a.example', ['a.example']],
    ['is found though it is broken by tabs', 'https://a.exa\tmple', ['a.example']],
    ['ends at a backslash', 'https://a.example\\@b.example', ['a.example']],
    ['is decoded', 'https://%61.example/', ['a.example']],
    ['is in ASCII', 'https://bücher.example/', ['xn--bcher-kva.example']],
    ['has only one width', 'https://ａ.example', ['a.example']],
    ['is one IPv4 address, however it is written', 'http://0x7f.1/', ['127.0.0.1']],
    ['is one IPv6 address, however it is written', 'http://[0:0:0:0:0:0:0:1]:80/', ['[::1]']],
    ['is that of an e-mail address', 'me@a.example', ['a.example']],
    ['is that of every e-mail address', 'Ana <ana@a.example>, bo@B.example', ['a.example', 'b.example']],
    ['is a host name that stands alone', 'a.example', ['a.example']],
    ['is a host name with a port', 'a.example:443', ['a.example']],
    ['is an address that stands alone', '10.0.0.1', ['10.0.0.1']],
    ['is no word of a sentence', 'send it to a.example please', []],
    ['is no single word', 'somebody', []],
    ['is no path', '/etc/a.example', []],
    ['is read up to a space', 'https://a b.example/', ['a']],
    ['is found behind one slash', 'https:/e.example', ['e.example']],
    ['is found behind no slash', 'https:e.example', ['e.example']],
    ['is found behind backslashes', 'https:\\\\e.example', ['e.example']],
    ['is found though the scheme is broken', 'ht\ntps://e.example/', ['e.example']],
    ['is found behind a control character', '\u0001https://e.example/', ['e.example']],
    ['is found without a scheme', '//e.example/x', ['e.example']],
    ['is found before a path', 'e.example/path', ['e.example']],
    ['is an address in brackets', 'me@[10.0.0.1]', ['10.0.0.1']],
    ['is that of every URL', 'https://a.example/x, https://e.example/y', ['a.example', 'e.example']],
    ['is nothing when there is no text', '', []],
    ['is nothing for a file of this machine', 'file:///etc/passwd', []],
    ['is nothing for a file, however many slashes', 'file:/etc/passwd', []],
    ['is that of the machine which a file is on', 'file://e.example/share/x', ['e.example']],
    ['is found behind the backslashes of a file', 'file:\\\\e.example\\share', ['e.example']],
  ])('%s: %j', (_, url, hosts) => expect(reached({ url })).toEqual(hosts))
})

describe('a resource', () => {
  it.each([
    ['file:///etc/passwd', []],
    ['FILE:///etc/passwd', []],
    ['file:etc/passwd', []],
    ['file://localhost/etc/passwd', []],
    ['file:///a.example/b', []],
    ['file://e.example/share', ['e.example']],
    ['https://a.example/etc/passwd', ['a.example']],
  ])('%s reaches the hosts %j', (resource, hosts) => expect(hostsOf(resource, {})).toEqual(hosts))
})

describe('a destination that cannot be read', () => {
  it.each([
    ['is a file on a machine that has no name', 'file://[::zz]/x'],
    ['is too long', `https://e.example/${'a'.repeat(3000)}`],
    ['has a host that is none', 'https://[::zz]/'],
    ['has no host', 'https://'],
  ])('is a fault when it %s, for a client may read it all the same', (_, url) => {
    expect(reached({ url })).toBeInstanceOf(RuleFault)
  })
})

describe('an argument says where an action goes', () => {
  it.each([
    ['when its name is that of a destination', { endpoint: 'a.example' }, ['a.example']],
    ['whatever the case of its name', { WebhookUrl: 'a.example' }, ['a.example']],
    ['whatever stands between its letters', { 'callback_url-1': 'a.example' }, ['a.example']],
    ['within an object', { request: { host: 'a.example' } }, ['a.example']],
    ['in a list', { to: ['me@a.example', 'you@b.example'] }, ['a.example', 'b.example']],
    ['below a name that says so', { to: { mail: 'me@a.example' } }, ['a.example']],
    ['and not when its name says something else', { note: 'https://a.example', body: 'me@a.example' }, []],
    ['and not when its name merely begins so', { urlencoded: 'a.example' }, []],
    ['once, however often it is named', { to: 'me@a.example', cc: 'you@A.example' }, ['a.example']],
    ['and is no number', { host: 10 }, []],
    ['and is nothing', { url: null }, []],
    [
      'by a name that every object has, when it was sent',
      JSON.parse('{"__proto__":{"url":"a.example"}}'),
      ['a.example'],
    ],
  ] as readonly (readonly [string, JsonObject, readonly string[]])[])('%s: %j', (_, args, hosts) =>
    expect(reached(args)).toEqual(hosts),
  )

  it('the most telling name first, whatever the order of members', () => {
    const args = { cc: 'me@c.example', to: 'me@b.example', url: 'https://a.example' }
    expect(reached(args)).toEqual(['a.example', 'b.example', 'c.example'])
    expect(reached(Object.fromEntries(Object.entries(args).toReversed()))).toEqual(reached(args))
  })

  it('and of two with one name the alphabet decides', () => {
    const [first, second] = [{ url: 'b.example' }, { url: 'a.example' }]
    expect(reached({ one: first, two: second })).toEqual(reached({ one: second, two: first }))
  })

  it('unless the resource is a URL, which says it alone', () => {
    expect(hostsOf('https://b.example/doc', { url: 'https://a.example' })).toEqual(['b.example'])
    expect(destinationsOf('https://b.example/doc', { url: 'https://a.example' })).toEqual([
      'https://b.example/doc',
    ])
  })
})

describe('a host with letters of Latin-1', () => {
  it('is read alike, however often', () => {
    const seen = new Set<string>()
    for (let time = 0; time < 20_000; time += 1) seen.add(JSON.stringify(hostsOf('file://é/share', {})))
    expect([...seen]).toEqual(['["xn--9ca"]'])
  })
})

describe('where an action goes', () => {
  it.each([
    ['among 1,000 members', { a: Array.from({ length: 998 }, () => 0) }, []],
    ['in seven lists', { to: inLists(7) }, ['a.example']],
  ] as readonly (readonly [string, JsonObject, readonly string[]])[])('is known %s', (_, args, hosts) =>
    expect(reached(args)).toEqual(hosts),
  )

  it.each([
    ['beyond 1,000 members', { a: Array.from({ length: 999 }, () => 0) }],
    ['in eight lists', { to: inLists(8) }],
  ] as readonly (readonly [string, JsonObject])[])('nobody can say %s', (_, args) =>
    expect(reached(args)).toBeInstanceOf(RuleFault),
  )
})
