import { request as requestPlain } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Agent, request as requestTls } from 'node:https'
import type { Injection } from './injection.ts'
import { coverSecrets, coveredFields, withSecrets } from './injection.ts'

/** Where one request goes: the address that was judged, under the name that was asked for. */
export type Onward = {
  readonly address: string
  readonly host: string
  readonly port: number
  readonly path: string
  readonly isTls: boolean
  readonly injections: readonly Injection[]
}

/** Certificates that servers outside are believed by, beside those of Node.js. */
export type Outward = { readonly agent: Agent; readonly trusted: readonly string[] | null }
export const outwardOf = (trusted: readonly string[] | null): Outward => ({
  agent: new Agent({ keepAlive: true, maxSockets: 64, timeout: 60_000 }),
  trusted,
})

/** Passes a request on and its answer back. Fields that are of one hop end here (RFC 9110 section 7.6.1). */
export function forward(
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  onward: Onward,
  { agent, trusted }: Outward,
): void {
  const { address, host, injections, isTls, path, port } = onward
  const named = {
    ...withSecrets(endToEnd(request), injections),
    ...framingOf(request),
    host: hostField(onward),
  }
  // A secret can be covered in an answer only where the answer can be read.
  const headers = injections.length > 0 ? { ...named, 'accept-encoding': 'identity' } : named
  const wanted = { host: address, port, path, method: request.method ?? 'GET', headers, setHost: false }
  const tls = { ...wanted, agent, servername: host, ...(trusted === null ? {} : { ca: [...trusted] }) }
  const outgoing = isTls ? requestTls(tls) : requestPlain(wanted)
  const fail = () => {
    if (!response.headersSent) refuse(response, 502, `${host} did not answer`)
    else response.destroy()
  }
  outgoing.on('error', fail)
  outgoing.on('response', (answer) => {
    answer.on('error', fail)
    response.writeHead(answer.statusCode ?? 502, coveredFields(endToEnd(answer), injections))
    if (injections.length === 0) answer.pipe(response)
    else answer.pipe(coverSecrets(injections)).pipe(response)
  })
  response.on('close', () => outgoing.destroy())
  request.pipe(outgoing)
}

/** Ends a request here, with the reason as text. */
export function refuse(response: ServerResponse, status: number, reason: string): void {
  const body = `writ: ${reason}\n`
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

const hostField = ({ host, isTls, port }: Onward): string => {
  const name = host.includes(':') ? `[${host}]` : host
  return port === (isTls ? 443 : 80) ? name : `${name}:${port}`
}

/**
 * Where the body of a request ends, said again in so many words: Node.js says nothing of it for GET and DELETE, and the server would take what
 * the body holds for further requests, which nobody has judged.
 */
function framingOf({ headers }: IncomingMessage): IncomingMessage['headers'] {
  if (headers['transfer-encoding'] !== undefined) return { 'transfer-encoding': 'chunked' }
  const length = headers['content-length']
  return length === undefined ? {} : { 'content-length': length }
}

function endToEnd({ headers }: IncomingMessage): IncomingMessage['headers'] {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase())
  const dropped = new Set([...ONE_HOP, ...named])
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name)))
}

const ONE_HOP = [
  'connection',
  'proxy-connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
]
