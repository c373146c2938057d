import { promises as dns } from 'node:dns'
import type { LookupAddress } from 'node:dns'

/** Every address of a name. A port, so that what an attacker's name server says can be played. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>

export type ResolveSettings = {
  /** `address:port` of those who are asked; absent: as this machine is configured */
  readonly servers?: readonly string[]
  /** for one attempt; there are two */
  readonly timeoutMs?: number
}

const TIMEOUT_MS = 2000
/** How this machine is configured is looked at again after so long. */
const FRESH_MS = 60_000

/**
 * Resolves names without the threads of the system's own look-up, of which there are two, for all tenants and for all names: whoever owns
 * a name could hold both by not answering. Names that only this machine or network knows are the system's all the same, because nobody
 * else answers for those. Sockets to one name that are opened at once share one answer.
 */
export function createResolve({ servers, timeoutMs = TIMEOUT_MS }: ResolveSettings = {}): Resolve {
  const underWay = new Map<string, Promise<readonly LookupAddress[]>>()
  let resolver = newResolver()
  return (hostname) => {
    const known = underWay.get(hostname)
    if (known !== undefined) return known
    const found = find(hostname).finally(() => underWay.delete(hostname))
    underWay.set(hostname, found)
    return found
  }

  function find(hostname: string): Promise<readonly LookupAddress[]> {
    if (isOfTheSystem(hostname)) return dns.lookup(hostname, { all: true })
    if (performance.now() - resolver.madeAtMs > FRESH_MS) resolver = newResolver()
    return addressesOf(hostname, resolver.resolver)
  }

  function newResolver() {
    const made = new dns.Resolver({ timeout: timeoutMs, tries: 2 })
    if (servers) made.setServers(servers)
    return { resolver: made, madeAtMs: performance.now() }
  }
}

/** Either family is enough. What is said of neither is the error. */
async function addressesOf(hostname: string, resolver: dns.Resolver): Promise<readonly LookupAddress[]> {
  const [four, six] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
  const addresses = [
    ...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 })) : []),
    ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 })) : []),
  ]
  if (addresses.length === 0 && four.status === 'rejected') throw four.reason
  return addresses
}

/** One label, or a suffix that is delegated to nobody (RFC 6761, 6762, 8375, and those in use inside of networks). */
const isOfTheSystem = (hostname: string): boolean =>
  /^[^.]+\.?$|\.(?:localhost|local|internal|lan|home|corp|intranet|private|localdomain|home\.arpa|svc|test)\.?$/i.test(
    hostname,
  )
