import type { LocalAction } from '@writ/contracts'
import { factOf, NOTHING_FOUND, together, type Found, type Read } from './found.ts'
import { hostFound, readUrl } from './host-facts.ts'
import { canonicalHost, kindOfHost } from './hosts.ts'
import type { Context } from './place.ts'
import { touchedFound } from './touched.ts'

type Of<K extends LocalAction['kind']> = Extract<LocalAction, { readonly kind: K }>

/** Fetching a file of this machine is reading it. */
export function readFetch({ url, verb }: Of<'network.fetch'>, context: Context): Read {
  const read = readUrl(url)
  const floor = isMereFetch(verb) ? 'read.untrusted' : 'sink.external'
  if (read === null)
    return { floor, resource: url, facts: [factOf('unresolvable', url, 'possible')], uses: [] }
  if (read.scheme === 'file')
    return { floor: 'read.private', resource: read.path, ...touchedFound('read', read.path, context) }
  const odd = /^(?:https?|wss?)$/.test(read.scheme)
    ? NOTHING_FOUND
    : { facts: [factOf('unresolvable', url, 'possible')], uses: [] }
  return { floor, resource: url, ...together(read.found, odd, portFound(read.host, read.port)) }
}

export function readConnect({ host, port, verb, path }: Of<'network.connect'>): Read {
  return {
    floor: isMereFetch(verb) ? 'read.untrusted' : 'sink.external',
    resource: `${host}:${port}${path ?? ''}`,
    ...together(hostFound(host), portFound(host, port)),
  }
}

const isMereFetch = (verb: string | undefined): boolean =>
  verb === undefined || /^(?:get|head|options)$/i.test(verb)

/** Services of this machine or its network that hand out more than answers. */
const PORTS: ReadonlyMap<number, 'privilege' | 'credential_read' | 'opaque_exec'> = new Map([
  [2375, 'privilege'],
  [2376, 'privilege'],
  [4243, 'privilege'],
  [10_250, 'privilege'],
  [9222, 'credential_read'],
  [9229, 'opaque_exec'],
])

function portFound(host: string, port: number | null): Found {
  const kind = port === null ? undefined : PORTS.get(port)
  const canonical = canonicalHost(host)
  if (kind === undefined || canonical === null || kindOfHost(canonical) === 'public') return NOTHING_FOUND
  return { facts: [factOf(kind, `${canonical}:${port}`, 'possible')], uses: [] }
}
