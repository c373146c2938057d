import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { ServerOptions } from 'node:https'
import { isRefusal, UpstreamSettings } from '@writ/contracts'
import type { ApiDescription, CredentialPlace, Refusal } from '@writ/contracts'
import type { Allowed, Lease, UpstreamAnswer } from '@writ/enforcement'
import { currentBundleOf } from '@writ/enforcement'
import { bundleOf, callerOf, connectionOf, id, receivedOf } from '@writ/point/fixtures'
import { createResolve, listenOn } from '@writ/runtime'
import type { Resolve } from '@writ/runtime'
import type { Certified } from '@writ/runtime/fixtures'
import type { z } from 'zod'
import { allowedOf } from '../sample.fixture.ts'
import { createSessionSeal } from './session-seal.ts'
import type { UpstreamLimits } from './upstream-client.ts'
import { createUpstreamClient } from './upstream-client.ts'
import type { UpstreamNews, UpstreamOutcome } from './upstream-gate.ts'

/** What is open, to be closed after each test. */
export const opened: { readonly close: () => unknown }[] = []
export const closeAll = async (): Promise<void> => {
  for (const { close } of opened.splice(0)) await close()
}

export const LIMITS: UpstreamLimits = {
  responseBytes: 10_000,
  eventBytes: 5000,
  bodyTimeoutMs: 2000,
  headersTimeoutMs: 2000,
  connectTimeoutMs: 1000,
  pools: 100,
  poolsPerTenant: 50,
  socketsPerUpstream: 50,
  callsPerTenant: 100,
  poolIdleMs: 60_000,
  breaker: { failures: 3, openMs: 300, mostOpenMs: 300 },
  loopback: true,
}

/** A gateway's way to upstreams, and what it says of them. */
export function givenWay(limits: Partial<UpstreamLimits> = {}, resolve: Resolve = createResolve()) {
  const news: UpstreamNews[] = []
  const outcomes: UpstreamOutcome[] = []
  const made = createUpstreamClient(
    { ...LIMITS, ...limits },
    {
      seal: createSessionSeal('a join secret of some length, shared'),
      build: 'of a spec',
      monotonicMs: () => performance.now(),
      hear: (one) => void news.push(one),
      ended: (outcome) => void outcomes.push(outcome),
      resolve,
    },
  )
  opened.push(made)
  return {
    ...made,
    news,
    outcomes,
    /** the code of its refusal, or the status of its answer */
    call: async (to: Call): Promise<string | number> => {
      const answer = await made.forward(calling(to), leaseFor(to))
      return isRefusal(answer) ? answer.code : answer.status
    },
    ask: (to: Call): Promise<UpstreamAnswer | Refusal> => made.forward(calling(to), leaseFor(to)),
  }
}

export type Call = {
  readonly url: string
  readonly tenant?: string
  readonly connection?: string
  readonly agent?: string
  readonly human?: string
  readonly version?: number
  /** of the credential, where it is none of a header */
  readonly certified?: Certified
  readonly upstream?: z.input<typeof UpstreamSettings>
  readonly networks?: readonly string[]
  readonly hangUp?: AbortSignal
  /** an HTTP API in the place of a server, and what it is sent */
  readonly api?: ApiDescription
  readonly outgoing?: string
}

function calling(call: Call): Allowed {
  const tenant = id('ten', call.tenant ?? '0')
  const bundle = bundleOf('acme', 1)
  const current = currentBundleOf(
    { ...bundle, tenant: { ...bundle.tenant, id: tenant, upstreamNetworks: [...(call.networks ?? [])] } },
    '0'.repeat(64),
    () => true,
  )
  const sent = allowedOf(
    {
      connection: connectionOf({
        id: id('con', call.connection ?? '0'),
        url: call.url,
        credential: credentialOf(call),
        ...(call.api && { api: call.api }),
        ...(call.upstream && { upstream: UpstreamSettings.parse(call.upstream) }),
      }),
      caller: callerOf({
        tenantId: tenant,
        agent: { id: id('agt', call.agent ?? '0'), name: 'scribe', groups: [] },
        human: { id: id('hum', call.human ?? '0'), name: 'Ada', groups: [] },
      }),
      received: receivedOf({
        verb: 'POST',
        headers: new Map([['content-type', ['application/json']]]),
        ...(call.hangUp && { hangUp: call.hangUp }),
      }),
    },
    call.outgoing ?? '{"jsonrpc":"2.0","id":1,"method":"ping"}',
  )
  return { ...sent, current }
}

function credentialOf({ version, certified }: Call): CredentialPlace {
  if (!version) return { kind: 'none' }
  if (!certified) return { kind: 'api-key', header: 'x-api-key', version }
  return { kind: 'client-certificate', certificates: certified.cert, version }
}

function leaseFor({ url, version, certified, tenant = '0', connection = '0' }: Call): Lease {
  if (!version) return { kind: 'none' }
  const place = { tenant: id('ten', tenant), connection: id('con', connection), version }
  const { origin } = new URL(url)
  const lent = { ...place, origin, renewAtMs: 0, expiresAtMs: 0 }
  if (certified) return { kind: 'client-certificate', secret: { ...lent, header: '', value: certified.key } }
  return { kind: 'header', secret: { ...lent, header: 'x-api-key', value: `secret-of-version-${version}` } }
}

export type Served = {
  readonly url: string
  readonly port: number
  readonly requests: IncomingMessage[]
  readonly sockets: object[]
}

export const answerOk = (_: IncomingMessage, response: ServerResponse): void => {
  response.setHeader('content-type', 'application/json')
  response.end('{}')
}

/** A real upstream on this machine; with `tls`, one that speaks it. */
export async function givenUpstream(
  answer: RequestListener = answerOk,
  tls?: ServerOptions,
): Promise<Served> {
  const requests: IncomingMessage[] = []
  const sockets: object[] = []
  const listener: RequestListener = (request, response) => {
    requests.push(request)
    sockets.push(request.socket)
    request.resume().on('end', () => answer(request, response))
  }
  const server = tls ? createTlsServer(tls, listener) : createServer(listener)
  const port = await listenOn(server, { host: '127.0.0.1', port: 0 })
  opened.push({
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  })
  return { url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}/mcp`, port, requests, sockets }
}
