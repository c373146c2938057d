import { request as requestHttp } from 'node:http'
import type { IncomingMessage, RequestOptions } from 'node:http'
import { request as requestHttps } from 'node:https'
import {
  createReach,
  createResolve,
  gathered,
  isLiteralOutOfReach,
  lookupWithin,
  OutOfReach,
  outOfReach,
  PRIVATE_NETWORKS,
} from '@writ/runtime'
import type { Reach } from '@writ/runtime'

const TIMEOUT_MS = 5000
const MAX_ANSWER_BYTES = 512 * 1024

/** What may be reached besides the public Internet by https. */
export type Allowance = {
  /** this very machine, also by http */
  readonly loopback: boolean
  /** private networks, by https */
  readonly privateNetworks: boolean
}

/** The way out to addresses that a tenant's admin named. A port, injected by class. */
export abstract class Outbound {
  /** Like `fetch`, but: https only, no redirects, no address of our own network, 5 s and 512 KiB at most. @throws OutOfReach */
  abstract fetch(url: string, init?: RequestInit): Promise<Response>
}

/** Addresses are judged after the name was resolved, and the connection goes to the very address that was judged. */
export function createOutbound(allowance: Allowance): Outbound {
  const reach = createReach({
    loopback: allowance.loopback,
    networks: allowance.privateNetworks ? PRIVATE_NETWORKS : [],
  })
  return {
    fetch: async (url, init) => {
      const request = new Request(url, { ...init, redirect: 'manual' })
      const target = new URL(request.url)
      requireScheme(target, allowance)
      if (isLiteralOutOfReach(target.hostname, reach)) throw outOfReach()
      return answerOf(target, request, reach)
    },
  }
}

function requireScheme({ protocol, hostname }: URL, { loopback }: Allowance): void {
  if (protocol === 'http:' ? !loopback || !isLoopbackName(hostname) : protocol !== 'https:')
    throw new OutOfReach('an identity provider is reached by https')
}

/** Names that are this machine without anybody being asked. */
export const isLoopbackName = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)

const resolveName = createResolve()

async function answerOf(target: URL, request: Request, reach: Reach): Promise<Response> {
  const body = request.body === null ? null : Buffer.from(await request.arrayBuffer())
  const options: RequestOptions = {
    method: request.method,
    headers: {
      ...Object.fromEntries(request.headers),
      'accept-encoding': 'identity',
      ...(body && { 'content-length': body.length }),
    },
    lookup: lookupWithin(reach, resolveName),
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
const bodyOf = (status: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> | null =>
  status === 204 || status === 304 ? null : new Uint8Array(bytes)

async function bytesOf(answer: IncomingMessage): Promise<Uint8Array> {
  const bytes = await gathered(answer, MAX_ANSWER_BYTES)
  if (bytes === null) throw new OutOfReach('the answer is too large')
  return bytes
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers()
  for (let index = 0; index < rawHeaders.length; index += 2)
    headers.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '')
  return headers
}
