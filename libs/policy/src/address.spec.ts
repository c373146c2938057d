import { describe, expect, it } from '@jest/globals'
import { addressOf, isWithin, ODD_ADDRESS, rangeOf } from './address.ts'

/** What `cidr` says of a text: null where it cannot judge it. */
function isIn(text: string, range: string): boolean | null {
  const [address, among] = [addressOf(text), rangeOf(range)]
  if (among === null) throw new Error(`${range} is no range`)
  return address === ODD_ADDRESS ? null : address !== null && isWithin(address, among)
}

describe('a range', () => {
  it.each([
    ['holds its first address', '10.0.0.0', '10.0.0.0/8', true],
    ['holds its last address', '10.255.255.255', '10.0.0.0/8', true],
    ['ends before the next address', '11.0.0.0', '10.0.0.0/8', false],
    ['begins after the address before', '9.255.255.255', '10.0.0.0/8', false],
    ['does not mind bits beyond its prefix', '10.200.0.1', '10.1.2.3/8', true],
    ['may end within a byte', '172.31.255.255', '172.16.0.0/12', true],
    ['ends within a byte exactly', '172.32.0.0', '172.16.0.0/12', false],
    ['may be one half of an IPv4 network', '192.168.1.128', '192.168.1.128/25', true],
    ['leaves out the other half', '192.168.1.127', '192.168.1.128/25', false],
    ['may be one address', '10.0.0.1', '10.0.0.1', true],
    ['of one address holds no other', '10.0.0.2', '10.0.0.1/32', false],
    ['may be all of IPv4', '255.255.255.255', '0.0.0.0/0', true],
    ['of all of IPv4 holds no IPv6', '2001:db8::1', '0.0.0.0/0', false],
    ['may be all of IPv6, with IPv4 in it', '10.0.0.1', '::/0', true],
    ['may be of IPv6', 'fd12:3456::1', 'fd00::/8', true],
    ['of IPv6 ends exactly', 'fe00::', 'fd00::/8', false],
    ['of IPv6 may end within a group', '2001:db8:1:8000::', '2001:db8:1:8000::/49', true],
    ['of IPv6 ends within a group exactly', '2001:db8:1:7fff::', '2001:db8:1:8000::/49', false],
    ['may be one IPv6 address', '::1', '::1', true],
    ['of one IPv6 address holds no other', '::2', '::1/128', false],
    ['of IPv4 holds the mapped form', '::ffff:10.0.0.1', '10.0.0.0/8', true],
    ['of IPv4 holds the mapped form in hexadecimal', '::ffff:a00:1', '10.0.0.0/8', true],
    ['of IPv4 does not hold the form that is merely compatible', '::10.0.0.1', '10.0.0.0/8', false],
    ['may be of the mapped form', '10.0.0.1', '::ffff:10.0.0.0/104', true],
  ])('%s: %s in %s', (_, text, range, expected) => expect(isIn(text, range)).toBe(expected))

  it.each([
    ['10.0.0.0/33'],
    ['::/129'],
    ['10.0.0.0/08'],
    ['10.0.0.0/-1'],
    ['10.0.0.0/'],
    ['10.0.0.0/8/8'],
    ['10.0.0/8'],
    ['10.0.0.256'],
    ['010.0.0.1'],
    ['0x7f.1'],
    ['[::1]'],
    ['fe80::1%eth0'],
    ['1::2::3'],
    ['db.example'],
    [''],
  ])('is not written %j', (text) => expect(rangeOf(text)).toBeNull())
})

describe('an address in another spelling', () => {
  it.each([
    ['hexadecimal and short', '0x7f.1', '127.0.0.1'],
    ['one decimal number', '2130706433', '127.0.0.1'],
    ['one hexadecimal number', '0x7F000001', '127.0.0.1'],
    ['octal', '0177.0.0.1', '127.0.0.1'],
    ['short', '127.1', '127.0.0.1'],
    ['with a dot at its end', '127.0.0.1.', '127.0.0.1'],
    ['in brackets', '[::1]', '::1'],
    ['in capitals', 'FD00::A', 'fd00::a'],
    ['in full', '0:0:0:0:0:0:0:1', '::1'],
    ['with leading zeros', 'fd00:0000::000a', 'fd00::a'],
    ['with a zone', 'fe80::1%eth0', 'fe80::1'],
    ['with IPv4 at its end', '64:ff9b::10.0.0.1', '64:ff9b::a00:1'],
    ['with nothing left out but one group', '1:2:3::5:6:7:8', '1:2:3:0:5:6:7:8'],
  ])('%s is the same one: %s is %s', (_, text, plain) => {
    expect(addressOf(text)).toEqual(addressOf(plain))
    expect(addressOf(plain)).toHaveLength(8)
  })
})

describe('a host name', () => {
  it.each([['db.example'], ['localhost'], ['10.example'], ['a.10b'], ['0xg'], ['']])(
    'is no address: %j',
    (text) => expect(addressOf(text)).toBeNull(),
  )
})

describe('what looks like an address and is none', () => {
  it.each([
    ['with a port', '10.0.0.1:80'],
    ['with a byte too large', '10.0.0.256'],
    ['with a number too large', '4294967296'],
    ['with five parts', '1.2.3.4.5'],
    ['whose name ends in a number', 'db.10'],
    ['with two gaps', '1::2::3'],
    ['with nine groups', '1:2:3:4:5:6:7:8:9'],
    ['with a gap that leaves nothing out', '1:2:3:4::5:6:7:8'],
    ['with seven groups and no gap', '1:2:3:4:5:6:7'],
    ['with a group too long', 'fd00::00001'],
    ['with IPv4 in its middle', '::10.0.0.1:1'],
    ['with a colon and nothing else', ':'],
    ['of endless length', '1'.repeat(257)],
  ])('cannot be judged: one %s', (_, text) => expect(addressOf(text)).toBe(ODD_ADDRESS))
})
