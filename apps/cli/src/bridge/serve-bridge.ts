import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { isRefusal, Refusal } from '@writ/contracts'
import { checkHeaders, eraOf, readMessage } from '@writ/mcp'
import type { Message } from '@writ/mcp'
import { bodyOf } from '../proxy/body.ts'
import { isLocal } from '../proxy/http-fields.ts'
import { MAX_MESSAGE_BYTES } from '../proxy/upstream.ts'
import type { Bridge } from './bridge.ts'
import { OLDER } from './bridge.ts'
import { createReply, refuse } from './reply.ts'

const PATH = '/mcp'
const LIMITS = { maxBytes: MAX_MESSAGE_BYTES, maxDepth: 64 }
const SESSION = 'mcp-session-id'

/** The HTTP side of a bridge, not yet listening: nobody is served who does not show the secret. */
export function createBridgeServer(
  bridge: Bridge,
  isKnown: Means['isKnown'],
  tls: Certified | null = null,
): Server {
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    serve(request, response, { bridge, isKnown }).catch(() => refuse(response, new Refusal('internal')))
  }
  const server =
    tls === null ? createServer(answer) : createTlsServer({ ...tls, minVersion: 'TLSv1.2' }, answer)
  server.headersTimeout = 10_000
  server.requestTimeout = 60_000
  server.maxConnections = 1_000
  return server
}

/** A certificate with those that vouch for it, and its private key, in PEM. */
export type Certified = { readonly cert: string; readonly key: string }

type Means = { readonly bridge: Bridge; readonly isKnown: (fields: IncomingMessage['headers']) => boolean }

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  { bridge, isKnown }: Means,
): Promise<void> {
  const refusal = refusalAtTheDoor(request, isKnown)
  if (refusal !== null) {
    // Unread bytes would make the kernel reset the connection, and the answer would be lost with it.
    request.resume()
    return refuse(response, refusal, null, { connection: 'close', ...fieldsOf(refusal) })
  }
  if (request.method === 'GET') return listen(request, response, bridge)
  if (request.method === 'DELETE') return endSession(request, response, bridge)
  const message = await messageIn(request)
  if (isRefusal(message)) return refuse(response, message)
  await take(message, { request, response, bridge })
}

function refusalAtTheDoor(request: IncomingMessage, isKnown: Means['isKnown']): Refusal | null {
  const { headers, method = '', url } = request
  if (headers.origin !== undefined && !isLocal({ host: 'localhost', origin: headers.origin }))
    return new Refusal('origin_forbidden')
  if (!isKnown(headers)) return new Refusal('credentials_missing', 'the secret of this bridge was not shown')
  if (url !== PATH) return new Refusal('connection_unknown')
  if (!['POST', 'GET', 'DELETE'].includes(method)) return new Refusal('method_not_allowed')
  const isJson = /^application\/json\b/i.test(headers['content-type'] ?? '')
  return method === 'POST' && !isJson ? new Refusal('media_type_unsupported') : null
}

function fieldsOf({ code }: Refusal): Record<string, string> {
  if (code === 'credentials_missing') return { 'www-authenticate': 'Bearer' }
  return code === 'method_not_allowed' ? { allow: 'POST, GET, DELETE' } : {}
}

type Said = { readonly message: Message; readonly text: string }

async function messageIn(request: IncomingMessage): Promise<Said | Refusal> {
  const bytes = await bodyOf(request)
  if (isRefusal(bytes)) return bytes
  const message = readMessage(bytes, LIMITS)
  if (isRefusal(message)) return message
  const mismatch = checkHeaders(message, (name) => [request.headers[name] ?? []].flat())
  return mismatch ?? { message, text: bytes.toString() }
}

type Exchange = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly bridge: Bridge
}

async function take(said: Said, exchange: Exchange): Promise<void> {
  const { message, text } = said
  if (eraOf(message) === '2026') return takeOf2026(said, exchange)
  if (message.method === 'initialize') return beginSession(said, exchange)
  const { request, response, bridge } = exchange
  const session = sessionIn(request, bridge)
  if (isRefusal(session)) return refuse(response, session, message.id)
  if (message.kind === 'request' && message.id !== null)
    return session.ask(text, message.id, createReply(response, accepts(request)))
  if (await session.say(text)) response.writeHead(202).end()
  else refuse(response, new Refusal('session_unknown'), message.id)
}

const accepts = ({ headers: { accept = '' } }: IncomingMessage): boolean =>
  accept.includes('text/event-stream')

function sessionIn({ headers }: IncomingMessage, bridge: Bridge) {
  const id = headers[SESSION]
  if (typeof id !== 'string') return OLDER
  return bridge.sessionOf(id) ?? new Refusal('session_unknown')
}

async function beginSession({ message, text }: Said, { request, response, bridge }: Exchange): Promise<void> {
  if (message.id === null) return refuse(response, new Refusal('message_malformed'))
  const begun = bridge.begin()
  if (isRefusal(begun)) return refuse(response, begun, message.id, { 'retry-after': '5' })
  const reply = createReply(response, accepts(request), { [SESSION]: begun.id })
  void reply.over.then((how) => (how === 'gone' ? bridge.forget(begun.id) : undefined))
  await begun.session.ask(text, message.id, reply)
}

async function takeOf2026({ message, text }: Said, { request, response, bridge }: Exchange): Promise<void> {
  // In this era a client cancels by hanging up, and has nothing else to tell.
  if (message.kind !== 'request') return void response.writeHead(202).end()
  const server = await bridge.stateless()
  if (isRefusal(server)) return refuse(response, server, message.id)
  await server.ask(text, createReply(response, accepts(request)))
}

function listen(request: IncomingMessage, response: ServerResponse, bridge: Bridge): void {
  const session = sessionIn(request, bridge)
  if (isRefusal(session)) return refuse(response, session)
  const reply = createReply(response, 'at once')
  if (!session.listen(reply)) reply.close()
}

async function endSession(request: IncomingMessage, response: ServerResponse, bridge: Bridge): Promise<void> {
  const session = sessionIn(request, bridge)
  if (isRefusal(session)) return refuse(response, session)
  await bridge.forget(String(request.headers[SESSION]))
  response.writeHead(200).end()
}
