import type { LookupAddress } from 'node:dns'
import { describe, expect, it } from '@jest/globals'
import {
  createReach,
  isLiteralOutOfReach,
  isPortOfAnotherProtocol,
  lookupWithin,
  OutOfReach,
} from './reach.ts'

const NOWHERE_SPECIAL = createReach({ loopback: false, networks: [] })

describe('reach', () => {
  it('is the public Internet by itself', () => {
    const within = ['8.8.8.8', '10.0.0.1', '127.0.0.1', '169.254.169.254', '::1', 'fd00::1'].filter(
      NOWHERE_SPECIAL,
    )
    expect(within).toEqual(['8.8.8.8'])
  })

  it('has this machine only where that is said, and then nothing else besides', () => {
    const reach = createReach({ loopback: true, networks: [] })
    expect(
      ['127.0.0.1', '::1', '::ffff:127.0.0.1', '10.0.0.1', '0.0.0.0', '169.254.169.254'].filter(reach),
    ).toEqual(['127.0.0.1', '::1', '::ffff:127.0.0.1'])
  })

  it('has the private networks that were named, in every spelling, and not their neighbours', () => {
    const reach = createReach({ loopback: false, networks: ['10.1.0.0/16', 'fd12::/32'] })
    const asked = [
      '10.1.2.3',
      '::ffff:10.1.2.3',
      '64:ff9b::a01:203',
      'fd12:0:1::1',
      '10.2.0.1',
      'fd13::1',
      '127.0.0.1',
    ]
    expect(asked.filter(reach)).toEqual(asked.slice(0, 4))
  })

  it('never has what hands out credentials, whatever was named', () => {
    const reach = createReach({
      loopback: true,
      networks: ['0.0.0.0/0', '::/0', '169.254.0.0/16', 'fd00::/8', '100.64.0.0/10'],
    })
    const asked = [
      '169.254.169.254',
      '::ffff:169.254.169.254',
      'fd00:ec2::254',
      '100.100.100.200',
      '0.0.0.0',
      '224.0.0.1',
      'fe80::1',
    ]
    expect(asked.filter(reach)).toEqual([])
  })

  it.each(['127.0.0.1', '[::1]', '[::ffff:7f00:1]', '10.0.0.1'])(
    'does not have the literal %s',
    (hostname) => {
      expect(isLiteralOutOfReach(hostname, NOWHERE_SPECIAL)).toBe(true)
    },
  )

  it('does not take a name for a literal', () => {
    expect(isLiteralOutOfReach('localhost', NOWHERE_SPECIAL)).toBe(false)
  })
})

type Found = { readonly error: Error | null; readonly address: unknown }

const saying = (answer: readonly LookupAddress[] | Error) => () =>
  answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)

const look = (answer: readonly LookupAddress[] | Error, all: boolean): Promise<Found> =>
  new Promise((resolve) => {
    lookupWithin(NOWHERE_SPECIAL, saying(answer))('upstream.example', { all }, (error, address) =>
      resolve({ error, address }),
    )
  })

const PUBLIC: LookupAddress = { address: '8.8.8.8', family: 4 }
const PRIVATE: LookupAddress = { address: '10.0.0.1', family: 4 }

describe('a look-up within reach', () => {
  it('gives the addresses that were judged', async () => {
    expect(await look([PUBLIC], true)).toEqual({ error: null, address: [PUBLIC] })
    expect(await look([PUBLIC], false)).toEqual({ error: null, address: '8.8.8.8' })
  })

  it('refuses a name of which one address is out of reach, wherever that stands', async () => {
    for (const answer of [[PRIVATE], [PUBLIC, PRIVATE], [PRIVATE, PUBLIC], []])
      expect((await look(answer, true)).error).toBeInstanceOf(OutOfReach)
  })

  it('says which error it was, and of what is out of reach no address', async () => {
    const away = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
    expect((await look(away, true)).error).toBe(away)
    expect((await look([PRIVATE], true)).error?.message).not.toContain('10.0')
  })
})

describe('a port', () => {
  it.each([22, 25, 2375, 3306, 5432, 6379, 11211, 27017])('%i is of another protocol', (port) =>
    expect(isPortOfAnotherProtocol(port)).toBe(true),
  )
  it.each([80, 443, 3000, 8080, 8443, 40_000])('%i may be of ours', (port) =>
    expect(isPortOfAnotherProtocol(port)).toBe(false),
  )
})
