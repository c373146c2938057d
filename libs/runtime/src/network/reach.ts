import { isIP } from 'node:net'
import type { LookupFunction } from 'node:net'
import { callbackify } from 'node:util'
import { kindOfAddress, networksOf, plainAddress } from './address.ts'
import type { Resolve } from './resolve.ts'

/** What may be reached besides the public Internet. */
export type ReachSettings = {
  /** this very machine */
  readonly loopback: boolean
  /** in CIDR notation */
  readonly networks: readonly string[]
}

/** Whether an address may be connected to. */
export type Reach = (address: string) => boolean

/** A place that somebody named and that is not gone to. It says no address. */
export class OutOfReach extends Error {
  override readonly name = 'OutOfReach'
}

export function createReach({ loopback, networks }: ReachSettings): Reach {
  const allowed = networksOf(networks)
  return (address) => {
    const kind = kindOfAddress(address)
    if (kind === 'public') return true
    if (kind === 'never') return false
    const plain = plainAddress(address)
    return (kind === 'loopback' && loopback) || allowed.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4')
  }
}

/**
 * Looks a name up for `net.connect`, which then goes to the very addresses that were judged: a name server that says something else a
 * moment later is not asked. One address out of reach is enough to refuse the name, because which one is taken is not ours to say.
 */
export const lookupWithin =
  (reach: Reach, resolve: Resolve): LookupFunction =>
  (hostname, options, done) => {
    callbackify(resolve)(hostname, (error, addresses) => {
      if (error) return done(error, '')
      const [first] = addresses
      if (first === undefined || !addresses.every(({ address }) => reach(address)))
        return done(outOfReach(), '')
      if (options.all === true) done(null, [...addresses])
      else done(null, first.address, first.family)
    })
  }

/** A literal address is never looked up, so it is judged here. */
export const isLiteralOutOfReach = (hostname: string, reach: Reach): boolean => {
  const literal = hostname.replaceAll(/^\[|\]$/g, '')
  return isIP(literal) !== 0 && !reach(literal)
}

export const outOfReach = (): OutOfReach => new OutOfReach('this address is not reached from here')

/**
 * Ports of other protocols (most of the list of the WHATWG fetch standard, and what databases, caches, queues and container engines listen on):
 * an HTTP request to one of them is never meant.
 */
export const isPortOfAnotherProtocol = (port: number): boolean => OTHER_PORTS.has(port)

const OTHER_PORTS: ReadonlySet<number> = new Set([
  7, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
  111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530,
  531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1433, 1521, 1719, 1720, 1723, 2049,
  2375, 2376, 2379, 2380, 3306, 3389, 3659, 4045, 4190, 5060, 5061, 5432, 5672, 5900, 6000, 6379, 6380, 6566,
  6665, 6666, 6667, 6668, 6669, 6679, 6697, 9092, 10080, 11211, 27017,
])
