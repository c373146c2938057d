import { describe, expect, it } from '@jest/globals'
import { isPrivateNetwork, kindOfAddress } from './address.ts'

describe('an address', () => {
  it.each([
    ['public', '93.184.215.14 8.8.8.8 1.1.1.1 172.15.0.1 172.32.0.1 100.63.0.1 100.128.0.1 11.0.0.1'],
    ['public', '2606:4700::1111 2a00:1450:4001::1 ::ffff:8.8.8.8 ::ffff:808:808 64:ff9b::808:808'],
    [
      'private',
      '10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 100.127.255.255 fc00::1 fd12:3456::1',
    ],
    ['private', '::ffff:10.0.0.1 ::ffff:c0a8:101 64:ff9b::10.0.0.1 0:0:0:0:0:ffff:0a00:0001'],
    [
      'loopback',
      '127.0.0.1 127.255.255.254 ::1 0:0:0:0:0:0:0:1 ::ffff:127.0.0.1 ::ffff:7f00:1 64:ff9b::7f00:1',
    ],
    [
      'never',
      '169.254.169.254 169.254.170.2 ::ffff:169.254.169.254 ::ffff:a9fe:a9fe 64:ff9b::a9fe:a9fe fd00:ec2::254',
    ],
    ['never', '100.100.100.200 168.63.129.16 192.0.0.192 fd20:ce::254 fd00:ec2::23'],
    [
      'never',
      '0.0.0.0 0.1.2.3 :: ::7f00:1 ::a9fe:a9fe 255.255.255.255 240.0.0.1 224.0.0.1 239.1.1.1 ff02::1',
    ],
    [
      'never',
      'fe80::1 fe80::1%eth0 fec0::1 2002:a9fe:a9fe::1 2002:7f00:1:: 64:ff9b:1::7f00:1 2001::1 2001:db8::1',
    ],
    ['never', '192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.9 192.88.99.1 ::ffff:0:7f00:1 100::1 3fff::1'],
    ['never', 'localhost example.org 127.1 0x7f.0.0.1 [::1] 1.2.3.4.5'],
  ])('is %s: %s', (kind, addresses) => {
    for (const address of addresses.split(' '))
      expect([address, kindOfAddress(address)]).toEqual([address, kind])
  })
})

describe('a network', () => {
  it.each([
    '10.0.0.0/8',
    '10.1.0.0/16',
    '172.16.0.0/12',
    '192.168.7.0/24',
    '100.64.0.0/10',
    'fd12::/32',
    '10.0.0.1/32',
  ])('%s is private as a whole', (network) => expect(isPrivateNetwork(network)).toBe(true))
  it.each([
    '0.0.0.0/0',
    '10.0.0.0/7',
    '8.8.8.0/24',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '::/0',
    '::1/128',
    'fe80::/10',
    'fc00::/6',
  ])('%s is not', (network) => expect(isPrivateNetwork(network)).toBe(false))
})
