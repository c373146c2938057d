import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import type { IncomingMessage, Server as HttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import type { CertificateAuthority } from '../certificates/authority.ts'
import { createAuthority } from '../certificates/authority.ts'
import type { SeenEgress } from './admission.ts'
import type { EgressAnswer, EgressAsk } from './egress-ask.ts'
import type { ProxySettings } from './proxy.ts'
import { createEgressProxy } from './proxy.ts'

const closing: (() => unknown)[] = []
/** For `afterEach`. */
export async function closeAll(): Promise<void> {
  for (const close of closing.splice(0).toReversed()) await close()
}

export type GivenProxy = {
  readonly asked: EgressAsk[]
  readonly seen: SeenEgress[]
  readonly path: string
  /** what the inside trusts */
  readonly authority: CertificateAuthority
}

/** Servers outside trust and are trusted by this one. */
export const OUTSIDE_AUTHORITY = createAuthority(['example'], Date.now)

/** A proxy on a socket of its own, whose policy allows everything unless `answer` says otherwise. */
export async function givenProxy(
  settings: Partial<ProxySettings> & { readonly answer?: (ask: EgressAsk) => Partial<EgressAnswer> },
): Promise<GivenProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'wp-'))
  const authority = createAuthority(
    (settings.interceptions ?? []).map(({ host }) => host).concat('none.example'),
    Date.now,
  )
  const asked: EgressAsk[] = []
  const seen: SeenEgress[] = []
  const path = join(folder, 'p.sock')
  const proxy = createEgressProxy({
    rules: [],
    onlyListed: true,
    lookUp: async () => ['127.0.0.1'],
    interceptions: [],
    authority,
    packageFault: async () => null,
    opaqueHosts: [],
    trusted: [OUTSIDE_AUTHORITY.certificate],
    seen: (one) => void seen.push(one),
    decide: async (ask) => {
      asked.push(ask)
      const outcome = ask.refusal === null ? 'allow' : 'deny'
      return {
        outcome,
        reason: ask.refusal ?? '',
        decisionId: `dec_${asked.length}`,
        ...settings.answer?.(ask),
      }
    },
    ...settings,
  })
  await proxy.listen(path)
  closing.push(async () => {
    await proxy.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { asked, seen, path, authority }
}

export type Heard = { readonly request: IncomingMessage; readonly body: string }
export type GivenServer = {
  readonly port: number
  readonly heard: Heard[]
  readonly connections: () => number
}

/** A server outside, under a name of `*.example`; it answers with `reply`, or with the fields that it was sent. */
export async function givenServer({
  tls = false,
  host = 'a.example',
  reply,
}: {
  tls?: boolean
  host?: string
  reply?: string
}): Promise<GivenServer> {
  const heard: Heard[] = []
  const server: HttpServer = tls
    ? createHttpsServer({ SNICallback: (_name, done) => done(null, OUTSIDE_AUTHORITY.contextFor(host)) })
    : createHttpServer()
  let connections = 0
  server.on('connection', () => (connections += 1))
  server.on('request', (request, response) => {
    let body = ''
    request.on('data', (bytes: Buffer) => (body += bytes.toString('utf8')))
    request.on('end', () => {
      heard.push({ request, body })
      response.setHeader('x-echo', request.headers['authorization'] ?? '')
      response.end(reply ?? JSON.stringify(request.headers))
    })
  })
  return { port: await listening(server), heard, connections: () => connections }
}

async function listening(server: HttpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Says words to the proxy and hears the answer to its end. */
export function say(path: string, words: string): Promise<string> {
  const socket = connect({ path })
  socket.write(words)
  return textOf(socket)
}

export function textOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    socket.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')))
    socket.on('error', () => resolve(text))
    socket.on('close', () => resolve(text))
    closing.push(() => socket.destroy())
  })
}

/** A tunnel, up to the answer to CONNECT. */
export function tunnel(
  path: string,
  authority: string,
): Promise<{ readonly socket: Socket; readonly head: string }> {
  const socket = connect({ path })
  closing.push(() => socket.destroy())
  socket.on('error', () => undefined)
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n\r\n`)
  return new Promise((resolve) =>
    socket.once('data', (bytes: Buffer) => resolve({ socket, head: bytes.toString('latin1') })),
  )
}

/** TLS in a tunnel; null where it does not come about. */
export function secured(socket: Socket, servername: string, ca: string): Promise<TLSSocket | null> {
  return new Promise((resolve) => {
    const tls = connectTls({ socket, servername, ca, ALPNProtocols: ['http/1.1'] }, () => resolve(tls))
    tls.on('error', () => resolve(null)).on('close', () => resolve(null))
    closing.push(() => tls.destroy())
  })
}
