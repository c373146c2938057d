import type { IncomingMessage, ServerResponse } from 'node:http'
import type { DecisionId } from '@writ/contracts'
import { isRefusal, Refusal } from '@writ/contracts'
import type { Answer, HeaderFields, Received } from '@writ/enforcement'
import { pause } from '@writ/point'
import { listenOn } from '@writ/runtime'
import { createAdmission, sourceOf } from './admission.ts'
import type { Admission, AdmissionLimits, Visit } from './admission.ts'
import { refusalAnswer, sendAnswer } from './answer.ts'
import type { AnswerFrame } from './answer.ts'
import { collectBody, discard, linger, refuseBody } from './body.ts'
import type { BodyLimits } from './body.ts'
import { closeServer, hardenedServer, refuseLate } from './hardened-server.ts'
import type { HardeningLimits } from './hardened-server.ts'
import { checkMediaType, checkOrigin, readHeaders, servedNames } from './headers.ts'
import type { ServedNames } from './headers.ts'
import { holdMs } from './hold.ts'
import { itsTurn } from './in-order.ts'
import { metadataAnswer } from './metadata.ts'
import { routeOf } from './route.ts'
import type { Route } from './route.ts'
import { SocketHangUp } from './socket-hang-up.ts'
import { limitSockets } from './socket-limits.ts'
import type { Sockets } from './socket-limits.ts'

export type ServerLimits = AdmissionLimits &
  BodyLimits &
  HardeningLimits & {
    readonly socketsPerAddress: number
    readonly slowReaderMs: number
  }

export type ServerPorts = {
  readonly listen: { readonly host: string; readonly port: number }
  readonly publicOrigin: string
  readonly authorityOrigin: string
  readonly limits: ServerLimits
  readonly mediate: (received: Received) => Promise<Answer>
  readonly newDecisionId: () => DecisionId
  readonly nowMs: () => number
  /** where the record of a message stands, for an agent that asked; answered once */
  readonly receiptOf: (decisionId: DecisionId) => string | null
  /** hears of what was refused before it was a message, and of bugs; neither is shown to the agent */
  readonly refusedAtRim: (refusal: Refusal, decisionId: DecisionId) => void
  readonly report: (bug: unknown) => void
}

export type GatewayServer = {
  readonly port: number
  readonly callsUnderWay: () => number
  readonly sockets: Sockets
  /** from the beginning of `close` on: nothing new should be sent here */
  readonly isStopping: () => boolean
  /** Lets calls under way end for `graceMs`, then cuts what is left. */
  readonly close: (graceMs: number) => Promise<void>
}

/** The rim towards agents: bytes in, one `Received`, bytes out. Settles when the port is bound. */
export async function startServer(ports: ServerPorts): Promise<GatewayServer> {
  const admission = createAdmission(ports.limits)
  const exchanges = new Exchanges()
  const nobody: ServedNames = { hosts: new Set(), origin: ports.publicOrigin }
  const rim: Rim = { ports, names: nobody, admission, exchanges, isStopping: false }
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const turn = itsTurn(request, response)
    if (turn === null) void serve(request, response, rim)
    else void turn.then(() => serve(request, response, rim))
  }
  const server = hardenedServer(ports.limits, onRequest)
  const sockets = limitSockets(server, ports.limits.socketsPerAddress)
  const port = await listenOn(server, ports.listen)
  rim.names = servedNames(ports.publicOrigin, { host: ports.listen.host, port })
  return {
    port,
    callsUnderWay: admission.callsUnderWay,
    sockets,
    isStopping: () => rim.isStopping,
    close: async (graceMs) => {
      rim.isStopping = true
      await closeServer(server, graceMs)
      await exchanges.ended()
    },
  }
}

type Rim = {
  readonly ports: ServerPorts
  readonly admission: Admission
  readonly exchanges: Exchanges
  names: ServedNames
  isStopping: boolean
}

/** Counts those that have not ended, answered or not. */
class Exchanges {
  #open = 0
  #whenEnded: (() => void) | null = null

  begin(): void {
    this.#open += 1
  }

  end(): void {
    this.#open -= 1
    if (this.#open === 0) this.#whenEnded?.()
  }

  async ended(): Promise<void> {
    if (this.#open === 0) return
    await new Promise<void>((resolve) => {
      this.#whenEnded = resolve
    })
  }
}

async function serve(request: IncomingMessage, response: ServerResponse, rim: Rim): Promise<void> {
  const arrivedMs = performance.now()
  const decisionId = rim.ports.newDecisionId()
  const route = routeOf(request.url ?? '')
  const frame: AnswerFrame = {
    decisionId,
    resourceMetadata: metadataUrl(route, rim.ports.publicOrigin),
    slowReaderMs: rim.ports.limits.slowReaderMs,
    isLast: rim.isStopping,
    receipt: null,
  }
  const visit = rim.admission.arrive(request.socket.remoteAddress ?? '', () => request.destroy())
  rim.exchanges.begin()
  try {
    const answer = await answerTo(request, response, { rim, route, decisionId, visit })
    if (answer === null) return
    const held = holdMs(answer, performance.now() - arrivedMs)
    if (held > 0) await pause(held, NEVER)
    const sending = sendAnswer(response, answer, withReceipt(frame, rim.ports.receiptOf(decisionId)))
    if (answer.kind === 'stream') await sending
  } catch (bug) {
    rim.ports.report(bug)
    if (response.headersSent) response.destroy()
    else await sendAnswer(response, refusalAnswer(new Refusal('internal'), decisionId), frame)
  } finally {
    rim.ports.receiptOf(decisionId)
    visit?.leave()
    rim.exchanges.end()
  }
}

const NEVER = new AbortController().signal

const withReceipt = (frame: AnswerFrame, receipt: string | null): AnswerFrame =>
  receipt === null ? frame : { ...frame, receipt }

const metadataUrl = (route: Route, origin: string): string | null =>
  route.kind === 'mcp' ? `${origin}/.well-known/oauth-protected-resource${route.path}` : null

type Exchange = {
  readonly rim: Rim
  readonly route: Route
  readonly decisionId: DecisionId
  /** null where there is no place for one more request */
  readonly visit: Visit | null
}

/** Null when the agent went away before it had said anything whole. */
async function answerTo(
  request: IncomingMessage,
  response: ServerResponse,
  exchange: Exchange,
): Promise<Answer | null> {
  const { rim, route } = exchange
  const headers = admit(request, exchange)
  if (isRefusal(headers)) return refuseAtRim(headers, request, exchange)
  if (route.kind === 'metadata') return metadataAnswer(route, rim.ports)
  const body = await bodyOf(request, response, { headers, limits: rim.ports.limits })
  if (body === null) return null
  if (isRefusal(body)) return refuseAtRim(body, request, exchange)
  // Who proves nothing waits among those who have not arrived, whatever mediation takes to refuse and to record it.
  if (isCredentialed(headers) && exchange.visit?.becomeCall() !== true)
    return refuseAtRim(new Refusal('overloaded'), request, exchange)
  return rim.ports.mediate(receivedFrom({ exchange, request, response, headers, body }))
}

function refuseAtRim(refusal: Refusal, request: IncomingMessage, { rim, decisionId }: Exchange): Answer {
  discard(request)
  rim.ports.refusedAtRim(refusal, decisionId)
  return refusalAnswer(refusal, decisionId)
}

/** Everything that can be said before a body is read. */
function admit(request: IncomingMessage, { rim, route, visit }: Exchange): HeaderFields | Refusal {
  const headers = readHeaders(request.rawHeaders)
  if (isRefusal(headers)) return headers
  const foreign = checkOrigin(headers, rim.names)
  if (foreign) return foreign
  if (route.kind === 'nothing') return new Refusal('tenant_unknown')
  if (!isServed(request.method, route)) return new Refusal('method_not_allowed')
  return visit === null ? new Refusal('overloaded') : headers
}

const isServed = (method: string | undefined, route: Route): boolean =>
  route.kind === 'metadata' ? method === 'GET' : isVerb(method)

const isVerb = (method: string | undefined): method is Received['verb'] =>
  method === 'POST' || method === 'GET' || method === 'DELETE'

const NO_BODY = new Uint8Array(0)

/** Without this field nothing else is looked at: such a message is refused, and its body is not needed for that. */
const isCredentialed = (headers: HeaderFields): boolean => headers.has('authorization')

type BodyRules = { readonly headers: HeaderFields; readonly limits: BodyLimits }

async function bodyOf(
  request: IncomingMessage,
  response: ServerResponse,
  { headers, limits }: BodyRules,
): Promise<Uint8Array | Refusal | null> {
  if (request.method !== 'POST') return refuseBody(request) ?? NO_BODY
  const refusal = checkMediaType(headers)
  if (refusal) return refusal
  if (!isCredentialed(headers)) {
    linger(request, response)
    return NO_BODY
  }
  if (request.headers.expect !== undefined) response.writeContinue()
  const body = await collectBody(request, limits)
  if (body !== 'stalled') return body
  refuseLate(request.socket)
  return null
}

type Arrived = {
  readonly exchange: Exchange
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly headers: HeaderFields
  readonly body: Uint8Array
}

function receivedFrom({ exchange, request, response, headers, body }: Arrived): Received {
  const { decisionId, route, rim } = exchange
  if (route.kind !== 'mcp' || !isVerb(request.method)) throw new Error('only an admitted call is received')
  return {
    decisionId,
    verb: request.method,
    tenantSlug: route.tenant,
    connectionName: route.connection,
    resource: rim.ports.publicOrigin + route.path,
    headers,
    body,
    atMs: rim.ports.nowMs(),
    source: sourceOf(request.socket.remoteAddress ?? ''),
    hangUp: new SocketHangUp(response),
  }
}
