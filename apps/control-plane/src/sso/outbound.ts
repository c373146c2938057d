import { lookup } from 'node:dns'
import type { LookupAddress, LookupOptions } from 'node:dns'
import { request as requestHttp } from 'node:http'
import type { IncomingMessage, RequestOptions } from 'node:http'
import { request as requestHttps } from 'node:https'
import { BlockList, isIP } from 'node:net'
import type { LookupFunction } from 'node:net'

const TIMEOUT_MS = 5000
const MAX_ANSWER_BYTES = 512 * 1024

/** What may be reached besides the public Internet by https. */
export type Reach = {
  /** this very machine, also by http */
  readonly loopback: boolean
  /** private networks, by https */
  readonly privateNetworks: boolean
}

/** An address that a tenant's admin named and that we do not go to. */
export class OutOfReach extends Error {
  override readonly name = 'OutOfReach'
}

/** The way out to addresses that a tenant's admin named. A port, injected by class. */
export abstract class Outbound {
  /** Like `fetch`, but: https only, no redirects, no address of our own network, 5 s and 512 KiB at most. @throws OutOfReach */
  abstract fetch(url: string, init?: RequestInit): Promise<Response>
}

/** Addresses are judged after the name was resolved, and the connection goes to the very address that was judged. */
export function createOutbound(reach: Reach): Outbound {
  return {
    fetch: async (url, init) => {
      const request = new Request(url, { ...init, redirect: 'manual' })
      const target = new URL(request.url)
      requireScheme(target, reach)
      return answerOf(target, request, reach)
    },
  }
}

function requireScheme({ protocol, hostname }: URL, reach: Reach): void {
  if (protocol === 'http:' ? !reach.loopback || !isLoopbackName(hostname) : protocol !== 'https:')
    throw new OutOfReach('an identity provider is reached by https')
  const literal = hostname.replaceAll(/^\[|\]$/g, '')
  // A literal address is never looked up, so it is judged here.
  if (isIP(literal) !== 0 && !isWithin(reach, literal))
    throw new OutOfReach('this address is not reached from here')
}

/** Names that are this machine without anybody being asked. */
export const isLoopbackName = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)

async function answerOf(target: URL, request: Request, reach: Reach): Promise<Response> {
  const body = request.body === null ? null : Buffer.from(await request.arrayBuffer())
  const options: RequestOptions = {
    method: request.method,
    headers: {
      ...Object.fromEntries(request.headers),
      'accept-encoding': 'identity',
      ...(body && { 'content-length': body.length }),
    },
    lookup: lookupWithin(reach),
    agent: false,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }
  const send = target.protocol === 'http:' ? requestHttp : requestHttps
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    send(target, options, resolve).on('error', reject).end(body)
  })
  return new Response(bodyOf(answer.statusCode ?? 0, await bytesOf(answer)), {
    status: answer.statusCode ?? 502,
    headers: headersOf(answer),
  })
}

// A response of these statuses has no body, and its class insists on it.
const bodyOf = (status: number, bytes: Buffer): Uint8Array<ArrayBuffer> | null =>
  status === 204 || status === 304 ? null : new Uint8Array(bytes)

async function bytesOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer) {
    const bytes: Buffer = chunk
    size += bytes.length
    if (size > MAX_ANSWER_BYTES) throw new OutOfReach('the answer is too large')
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers()
  for (let index = 0; index < rawHeaders.length; index += 2)
    headers.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '')
  return headers
}

const lookupWithin =
  (reach: Reach): LookupFunction =>
  (hostname, options, done) => {
    const asked: LookupOptions & { all: true } = { ...options, all: true }
    lookup(hostname, asked, (error, addresses) => {
      if (error) return done(error, '')
      if (addresses.length === 0 || !addresses.every(({ address }) => isWithin(reach, address)))
        return done(new OutOfReach('this address is not reached from here'), '')
      answerLookup(addresses, options.all === true, done)
    })
  }

function answerLookup(addresses: LookupAddress[], all: boolean, done: Parameters<LookupFunction>[2]): void {
  const [first] = addresses
  if (all) done(null, addresses)
  else done(null, first?.address ?? '', first?.family)
}

function isWithin({ loopback, privateNetworks }: Reach, address: string): boolean {
  const kind = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  if (LOOPBACK.check(address, kind)) return loopback
  if (NEVER.check(address, kind)) return false
  return privateNetworks || !PRIVATE.check(address, kind)
}

function listOf(...subnets: readonly string[]): BlockList {
  const list = new BlockList()
  for (const subnet of subnets) {
    const [network = '', bits] = subnet.split('/')
    list.addSubnet(network, Number(bits), network.includes(':') ? 'ipv6' : 'ipv4')
  }
  return list
}

// Node judges an IPv4 address within IPv6 (::ffff:0:0/96) by the IPv4 rules.
const LOOPBACK = listOf('127.0.0.0/8', '::1/128')
const PRIVATE = listOf('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7')
/** "this host", link-local (where clouds hand out credentials), benchmark, multicast, reserved, translated */
const NEVER = listOf(
  '0.0.0.0/8',
  '169.254.0.0/16',
  '192.0.0.0/24',
  '198.18.0.0/15',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/128',
  'fe80::/10',
  'ff00::/8',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '2002::/16',
)
