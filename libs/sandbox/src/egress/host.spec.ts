import { describe, expect, it } from '@jest/globals'
import { assert, domain, ipV4, ipV6, oneof, property, webAuthority } from 'fast-check'
import { kindOfAddress } from './address.ts'
import { canonicalHost, hostRuleOf, ruleFor, targetOf } from './host.ts'

describe('a host', () => {
  it.each([
    ['Example.COM', 'example.com'],
    ['example.com.', 'example.com'],
    ['2130706433', '127.0.0.1'],
    ['0x7f000001', '127.0.0.1'],
    ['0x7f.1', '127.0.0.1'],
    ['0177.0.0.1', '127.0.0.1'],
    ['127.1', '127.0.0.1'],
    ['１２７.0.0.1', '127.0.0.1'],
    ['[::1]', '::1'],
    ['::1', '::1'],
    ['[0:0:0:0:0:ffff:7f00:1]', '::ffff:7f00:1'],
    ['bücher.example', 'xn--bcher-kva.example'],
  ])('%s is %s', (given, host) => {
    expect(canonicalHost(given)).toBe(host)
  })

  it.each([
    '',
    'a b',
    'a/b',
    'a@b',
    'a#b',
    'a%00b',
    '[fe80::1%25eth0]',
    'fe80::1%eth0',
    '-a.example',
    'a..b',
    '999.1.1.1',
    'a\\b',
    'x'.repeat(256),
  ])('%j is none', (given) => {
    expect(canonicalHost(given)).toBeNull()
  })

  it('has one spelling: it stays what it became', () => {
    assert(
      property(oneof(domain(), ipV4(), ipV6(), webAuthority()), (given) => {
        const host = canonicalHost(given)
        return host === null || canonicalHost(host) === host
      }),
    )
  })

  it.each(['a', 'a:0', 'a:65536', 'a:1:2', '[::1', 'user@a:1', 'a:0x50'])(
    '%j is no authority of CONNECT',
    (given) => {
      expect(targetOf(given, null)).toBeNull()
    },
  )
})

describe('a rule', () => {
  const rules = ['a.example', '*.b.example', 'c.example:8443', '10.0.0.1:80']
    .map((text) => hostRuleOf(text))
    .filter((rule) => rule !== null)
  it.each([
    ['a.example', 443, true],
    ['a.example', 80, true],
    ['a.example', 22, false],
    ['x.a.example', 443, false],
    ['x.b.example', 443, true],
    ['b.example', 443, false],
    ['xb.example', 443, false],
    ['c.example', 8443, true],
    ['c.example', 443, false],
    ['10.0.0.1', 80, true],
  ])('%s:%i is listed: %s', (host, port, isListed) => {
    expect(ruleFor({ host, port }, rules) !== undefined).toBe(isListed)
  })

  it.each(['', '*', '*.', 'a b', 'a:99999', 'https://a.example'])('%j is none', (text) => {
    expect(hostRuleOf(text)).toBeNull()
  })
})

describe('an address', () => {
  it.each([
    ['93.184.216.34', 'public'],
    ['2606:2800:220:1::1', 'public'],
    ['127.0.0.1', 'loopback'],
    ['127.255.0.3', 'loopback'],
    ['0.0.0.0', 'loopback'],
    ['::1', 'loopback'],
    ['::', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['::ffff:a9fe:a9fe', 'metadata'],
    ['64:ff9b::a9fe:a9fe', 'metadata'],
    ['169.254.169.254', 'metadata'],
    ['100.100.100.200', 'metadata'],
    ['fd00:ec2::254', 'metadata'],
    ['169.254.1.1', 'link-local'],
    ['fe80::1', 'link-local'],
    ['10.1.2.3', 'private'],
    ['172.31.0.1', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd12::1', 'private'],
    ['224.0.0.1', 'reserved'],
    ['255.255.255.255', 'reserved'],
    ['2002:7f00:1::', 'reserved'],
    ['2001:0:1::', 'reserved'],
    ['::7f00:1', 'reserved'],
    ['fe80::1%eth0', 'reserved'],
    ['localhost', 'reserved'],
  ])('%s is %s', (address, kind) => {
    expect(kindOfAddress(address)).toBe(kind)
  })
})
