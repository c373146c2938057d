import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Server as NetServer, Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { setTimeout as pause } from 'node:timers/promises'
import type { RecordFields } from '@writ/audit'
import type { TenantId } from '@writ/contracts'
import { createTenantScope, ingestBatch, openDatabase } from '@writ/postgres'
import { createTestNode, createTestStream } from '@writ/postgres/testing'
import type { ControlPlane } from './given.ts'

/** Receivers of outlets that really listen, and records for them to get. */

/** Writes so many records into the ledger of a tenant, as the worker does. */
export async function givenRecords(
  plane: Pick<ControlPlane, 'query' | 'workerUrl'>,
  tenant: TenantId,
  count: number,
  fields: (seq: number) => Partial<RecordFields> = () => ({}),
): Promise<void> {
  const node = createTestNode()
  await plane.query(
    `insert into writ.nodes (id, name, public_key, lease_key, origin, build) values ($1, $1, $2, '{}', '', 'test')`,
    [node.id, node.publicKey],
  )
  const worker = await openDatabase(plane.workerUrl, { poolSize: 1, applicationName: 'spec worker' })
  try {
    const stream = createTestStream(node, tenant, count, fields)
    for (let from = 0; from < count; from += 100)
      await ingestBatch(createTenantScope(worker), stream.opened(from, Math.min(count, from + 100)))
  } finally {
    await worker.close()
  }
}

export type Taken = {
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export type HttpReceiver = {
  readonly url: string
  /** requests that were answered well, in order */
  readonly taken: Taken[]
  /** every request, in order */
  readonly seen: Taken[]
  /** what is answered; a number is a status, null cuts the connection after the request was read */
  answer: (taken: Taken) => number | null | { readonly status: number; readonly body: string }
  /** ends like a process that is killed: every socket is reset */
  readonly kill: () => Promise<void>
  readonly revive: () => Promise<void>
}

export async function httpReceiver(): Promise<HttpReceiver> {
  let server = createServer()
  const receiver = {
    url: '',
    taken: [] as Taken[],
    seen: [] as Taken[],
    answer: ((): number => 204) as HttpReceiver['answer'],
    kill: () => killed(server),
    revive: async () => {
      server = await listening(Number(new URL(receiver.url).port))
    },
  }
  server = await listening(0)
  const { port } = addressOf(server)
  receiver.url = `http://127.0.0.1:${port}/events`
  return receiver

  async function listening(at: number): Promise<Server> {
    const made = createServer((request, response) => void answer(request, response))
    await new Promise<void>((resolve) => made.listen(at, '127.0.0.1', resolve))
    made.on('connection', track)
    return made
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const taken = { headers: request.headers, body: await bodyOf(request) }
    receiver.seen.push(taken)
    const said = receiver.answer(taken)
    if (said === null) return void request.socket.resetAndDestroy()
    const { status, body: text } = typeof said === 'number' ? { status: said, body: '' } : said
    if (status < 300) receiver.taken.push(taken)
    response.writeHead(status).end(text)
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

const sockets = new Map<NetServer, Set<Socket>>()
function track(this: NetServer, socket: Socket): void {
  const open = sockets.get(this) ?? new Set()
  sockets.set(this, open.add(socket))
  socket.on('error', () => {})
  socket.once('close', () => open.delete(socket))
}

async function killed(server: NetServer): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  for (const socket of sockets.get(server) ?? []) socket.resetAndDestroy()
  await closed
}

const addressOf = (server: NetServer): AddressInfo => {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the receiver does not listen')
  return address
}

export type SyslogReceiver = {
  readonly port: number
  /** messages that were read whole, in order */
  readonly messages: string[]
  /** cuts the next connection after so many messages of it, like a process that is killed in the middle */
  dieAfter: number | null
  readonly kill: () => Promise<void>
  readonly revive: () => Promise<void>
}

/** Reads octet-counted syslog on TLS (RFC 5425). */
export async function syslogReceiver(certified: {
  readonly cert: string
  readonly key: string
}): Promise<SyslogReceiver> {
  const messages: string[] = []
  const receiver = {
    port: 0,
    messages,
    dieAfter: null as number | null,
    kill: async () => {},
    revive: async () => {},
  }
  let server = await listening(0)
  receiver.port = addressOf(server).port
  receiver.kill = () => killed(server)
  receiver.revive = async () => {
    server = await listening(receiver.port)
  }
  return receiver

  async function listening(at: number): Promise<NetServer> {
    const made = createTlsServer({ ...certified }, (socket) => {
      let rest = Buffer.alloc(0)
      let ofThis = 0
      socket.on('error', () => {})
      socket.on('data', (chunk: Buffer) => {
        rest = Buffer.concat([rest, chunk])
        for (let next = wholeMessageIn(rest); next !== null; next = wholeMessageIn(rest)) {
          if (receiver.dieAfter !== null && ofThis >= receiver.dieAfter) {
            receiver.dieAfter = null
            socket.destroy()
            for (const raw of sockets.get(made) ?? []) raw.resetAndDestroy()
            return
          }
          messages.push(next.text)
          ofThis += 1
          rest = rest.subarray(next.end)
        }
      })
    })
    made.on('connection', track)
    made.on('tlsClientError', () => {})
    await new Promise<void>((resolve) => made.listen(at, '127.0.0.1', resolve))
    return made
  }
}

function wholeMessageIn(bytes: Buffer): { readonly text: string; readonly end: number } | null {
  const blank = bytes.indexOf(' ')
  if (blank === -1) return null
  const end = blank + 1 + Number(bytes.toString('latin1', 0, blank))
  return bytes.length < end ? null : { text: bytes.toString('utf8', blank + 1, end), end }
}

/** Looks until it is so: often at first, less often once it takes long, because looking is work too. */
export async function until(isSo: () => boolean | Promise<boolean>, limitMs = 30_000): Promise<void> {
  const begunMs = performance.now()
  while (!(await isSo())) {
    const waitedMs = performance.now() - begunMs
    if (waitedMs > limitMs) throw new Error('it did not come to be in time')
    await pause(waitedMs < 500 ? 25 : 100)
  }
}
