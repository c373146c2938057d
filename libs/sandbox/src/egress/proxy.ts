import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { CertificateAuthority } from '../certificates/authority.ts'
import { admit, turnAway } from './admission.ts'
import type { Admitted, AdmissionSettings, Wanted } from './admission.ts'
import type { Outward } from './forward.ts'
import { forward, outwardOf, refuse } from './forward.ts'
import type { Target } from './host.ts'
import { canonicalHost, matchesHost, targetOf, urlOf } from './host.ts'
import type { Injection } from './injection.ts'
import type { RegistryKind } from './registry-path.ts'
import { packageOfPath } from './registry-path.ts'
import { helloOf, join, reach } from './tunnel.ts'

/** A host whose traffic is read, and what for. */
export type Interception = {
  /** a name, or `*.name` */
  readonly host: string
  readonly injections: readonly Injection[]
  /** packages that are asked for are looked at, whoever depends on them */
  readonly registry: RegistryKind | null
}

export type ProxySettings = AdmissionSettings & {
  readonly interceptions: readonly Interception[]
  /** null: nothing is intercepted */
  readonly authority: CertificateAuthority | null
  /** why a package must not come in; null: nothing is known against it */
  readonly packageFault: (kind: RegistryKind, name: string, version: string | null) => Promise<string | null>
  /** hosts whose tunnels may carry something else than TLS */
  readonly opaqueHosts: readonly string[]
  /** certificates that servers outside are believed by; null: those of Node.js */
  readonly trusted: readonly string[] | null
}

export type EgressProxy = {
  /** @param path of a Unix socket that does not exist yet */
  listen(path: string): Promise<void>
  close(): Promise<void>
}

/** The one way out of a sandbox: HTTP in absolute form, CONNECT, and what is read inside of CONNECT where a rule wants it. */
export function createEgressProxy(settings: ProxySettings): EgressProxy {
  const outward = outwardOf(settings.trusted)
  const open = new Set<Socket>()
  const inner = serverFor((request, response) => serveInner({ request, response }, settings, outward))
  const outer = serverFor((request, response) => servePlain({ request, response }, settings, outward))
  outer.on('clientError', (error: Unread) => void turnAwayUnread(error, settings))
  outer.on('connection', (socket: Socket) => keep(open, socket))
  outer.on('connect', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    void serveConnect({ authority: request.url ?? '', socket, head }, settings, inner).catch(() =>
      socket.destroy(),
    )
  })
  return {
    listen: (path) =>
      new Promise((resolve, reject) => {
        outer.once('error', reject)
        outer.listen(path, () => resolve())
      }),
    close: () =>
      new Promise((resolve) => {
        outward.agent.destroy()
        outer.close(() => resolve())
        for (const socket of open) socket.destroy()
      }),
  }
}

type Unread = Error & { readonly code?: string; readonly rawPacket?: Buffer }

// What is no HTTP, as far as its first line goes. A connection that merely ends says nothing.
async function turnAwayUnread({ code = '', rawPacket }: Unread, settings: ProxySettings): Promise<void> {
  if (rawPacket === undefined || !code.startsWith('HPE_')) return
  const [line = ''] = rawPacket.toString('utf8').split(/[\r\n]/, 1)
  const [, asked = line] = line.split(' ')
  await turnAway(asked, 'this is no request that the proxy can read', settings)
}

function keep(open: Set<Socket>, socket: Socket): void {
  open.add(socket)
  socket.on('close', () => open.delete(socket))
}

type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse }

// Without a listener of its own an upgrade is a request like any other, and is judged as one.
function serverFor(serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>): Server {
  const server = createServer({ keepAliveTimeout: 65_000, requestTimeout: 0 }, (request, response) => {
    serve(request, response).catch(() =>
      response.headersSent ? response.destroy() : refuse(response, 502, 'this request could not be handled'),
    )
  })
  server.on('clientError', (_error, socket) => socket.destroy())
  return server
}

// ---- HTTP that is not encrypted: the whole address stands in the first line

async function servePlain(exchange: Exchange, settings: ProxySettings, outward: Outward): Promise<void> {
  const { request, response } = exchange
  const url = absoluteUrl(request.url ?? '')
  if (url === null) {
    const why = 'this is a proxy: name the whole address, or use CONNECT'
    await turnAway(request.url ?? '', why, settings)
    return refuse(response, 400, why)
  }
  const wanted = { ...url, verb: request.method ?? 'GET' }
  const admitted = await admit(wanted, settings, fieldFault(request, wanted, 80))
  if (!admitted.isAllowed) return refuse(response, 403, admitted.reason)
  forward(exchange, { ...wanted, address: admitted.address, isTls: false, injections: [] }, outward)
}

function absoluteUrl(given: string): (Target & { readonly path: string }) | null {
  const url = /^http:\/\//i.test(given) ? urlOf(given) : null
  if (url === null) return null
  const host = canonicalHost(url.hostname.replace(/^\[|\]$/g, ''))
  if (host === null || url.username !== '' || url.password !== '') return null
  return { host, port: url.port === '' ? 80 : Number(url.port), path: url.pathname + url.search }
}

/** What in the fields of a request speaks against it: another host than the one that is judged, or a change to what nobody reads. */
function fieldFault({ headers }: IncomingMessage, { host, port }: Target, usual: number): string | null {
  const named = headers.host === undefined ? null : targetOf(headers.host, usual)
  if (named === null || named.host !== host || named.port !== port)
    return `the Host field names another server than ${host}:${port}`
  if (/websocket/i.test(headers.upgrade ?? '')) return 'web sockets are not carried where requests are read'
  return null
}

// ---- CONNECT

type Connect = { readonly authority: string; readonly socket: Socket; readonly head: Buffer }

async function serveConnect(connect: Connect, settings: ProxySettings, inner: Server): Promise<void> {
  const target = targetOf(connect.authority, null)
  if (target === null) {
    await turnAway(connect.authority, 'CONNECT wants host:port', settings)
    return answer(connect.socket, 400, 'CONNECT wants host:port')
  }
  const interception = interceptionOf(target, settings)
  if (interception !== null) return readTunnel({ ...connect, target }, settings, inner)
  const admitted = await admit({ ...target, verb: null, path: null }, settings)
  if (!admitted.isAllowed) return answer(connect.socket, 403, admitted.reason)
  return carryTunnel({ ...connect, target }, admitted, settings)
}

type Tunnel = Connect & { readonly target: Target }

async function carryTunnel(
  { socket, head, target }: Tunnel,
  { address }: Extract<Admitted, { isAllowed: true }>,
  settings: ProxySettings,
): Promise<void> {
  const outside = await reach(address, target.port).catch(() => null)
  if (outside === null) return answer(socket, 502, `${target.host} did not answer`)
  // Whichever side is gone takes the other along, also before either has said anything: an error that nobody hears ends the process.
  let isLeft = false
  socket.on('close', () => outside.destroy())
  outside.on('error', () => outside.destroy())
  outside.on('close', () => {
    isLeft = !socket.destroyed
    socket.destroy()
  })
  socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
  if (settings.opaqueHosts.some((host) => matchesHost(target.host, host))) {
    outside.write(head)
    return join(socket, outside)
  }
  const hello = await helloOf(socket, head)
  // That the server hung up says nothing of what the inside would have sent.
  if (isLeft) return
  const fault = helloFault(hello, target.host)
  if (hello === null || fault !== null) {
    outside.destroy()
    socket.destroy()
    await admit({ ...target, verb: null, path: null }, settings, fault)
    return
  }
  outside.write(hello.bytes)
  join(socket, outside)
}

function helloFault(hello: Awaited<ReturnType<typeof helloOf>>, host: string): string | null {
  if (hello === null) return `the tunnel to ${host} does not carry TLS`
  const named = hello.serverName === null ? null : canonicalHost(hello.serverName)
  if (named === host || (hello.serverName === null && isAddress(host))) return null
  return `the tunnel to ${host} asks for the server ${named ?? 'without a name'}`
}

const isAddress = (host: string): boolean => /^[\d.]+$|:/.test(host)

// ---- CONNECT whose inside is read

const targets = new WeakMap<object, Target>()

function readTunnel({ socket, head, target }: Tunnel, { authority }: ProxySettings, inner: Server): void {
  if (authority === null) return answer(socket, 502, 'nothing is intercepted')
  socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
  if (head.length > 0) socket.unshift(head)
  const secured = new TLSSocket(socket, {
    isServer: true,
    ALPNProtocols: ['http/1.1'],
    secureContext: authority.contextFor(target.host),
    SNICallback: (name, done) =>
      canonicalHost(name) === target.host
        ? done(null, authority.contextFor(target.host))
        : done(new Error('another server is asked for')),
  })
  secured.on('error', () => socket.destroy())
  targets.set(secured, target)
  inner.emit('connection', secured)
}

async function serveInner(exchange: Exchange, settings: ProxySettings, outward: Outward): Promise<void> {
  const { request, response } = exchange
  const target = targets.get(request.socket)
  const interception = target === undefined ? null : interceptionOf(target, settings)
  const path = request.url ?? ''
  if (target === undefined || interception === null || !path.startsWith('/'))
    return refuse(response, 400, 'this request is not understood')
  const wanted: Wanted = { ...target, verb: request.method ?? 'GET', path }
  const fault = fieldFault(request, target, 443) ?? (await packageFault(interception, path, settings))
  const admitted = await admit(wanted, settings, fault)
  if (!admitted.isAllowed) return refuse(response, 403, admitted.reason)
  const { injections } = interception
  forward(exchange, { ...target, path, address: admitted.address, isTls: true, injections }, outward)
}

async function packageFault(
  { registry }: Interception,
  path: string,
  settings: ProxySettings,
): Promise<string | null> {
  const wanted = registry === null ? null : packageOfPath(registry, path)
  if (registry === null || wanted === null) return null
  return settings.packageFault(registry, wanted.name, wanted.version)
}

const interceptionOf = ({ host }: Target, { interceptions }: ProxySettings): Interception | null =>
  interceptions.find((interception) => matchesHost(host, interception.host)) ?? null

function answer(socket: Socket, status: number, reason: string): void {
  const body = `writ: ${reason}\n`
  const head = `HTTP/1.1 ${status} ${STATUS_TEXTS[status] ?? ''}\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8`
  socket.end(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
}

const STATUS_TEXTS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  502: 'Bad Gateway',
}
