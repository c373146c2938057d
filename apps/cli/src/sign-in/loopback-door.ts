import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { listenOn } from '@writ/runtime'
import { EXIT, Failure } from '../failure.ts'

const HOST = '127.0.0.1'
const PATH = '/signed-in'

/** Where a browser of this machine brings the authority's answer: open for one of them. */
export type LoopbackDoor = {
  readonly redirectUri: string
  /** rejects with a Failure when the human said no, or nobody came */
  readonly code: Promise<string>
  readonly close: () => void
}

export type ExpectedAnswer = {
  readonly issuer: string
  readonly state: string
  readonly patienceMs: number
}

/**
 * Takes what comes to a port of 127.0.0.1 that nobody knows before. Any program and any page of this machine can send something there; only
 * what holds the state counts, and what does not is answered and forgotten, so that nobody can spoil a sign-in by guessing.
 */
export async function openLoopbackDoor(expected: ExpectedAnswer): Promise<LoopbackDoor> {
  const { arrival, code } = anArrival()
  const server = createServer((request, response) => receive(request, response, { expected, arrival }))
  const port = await listenOn(server, { host: HOST, port: 0 })
  const timer = setTimeout(() => arrival.reject(tooLate()), expected.patienceMs)
  const close = (): void => {
    clearTimeout(timer)
    shut(server)
  }
  return { redirectUri: `http://${HOST}:${port}${PATH}`, code, close }
}

type Arrival = { readonly resolve: (code: string) => void; readonly reject: (failure: Failure) => void }

function anArrival(): { readonly arrival: Arrival; readonly code: Promise<string> } {
  let arrival: Arrival | null = null
  const code = new Promise<string>((resolve, reject) => {
    arrival = { resolve, reject }
  })
  if (arrival === null) throw new Error('a promise runs its executor at once')
  // Rejected before anybody waits for it, it is still heard by whoever does.
  code.catch(() => undefined)
  return { arrival, code }
}

function receive(
  request: IncomingMessage,
  response: ServerResponse,
  { expected, arrival }: { readonly expected: ExpectedAnswer; readonly arrival: Arrival },
): void {
  const answer = answerIn(request, expected)
  if (answer === null) return reply(response, 404, 'There is nothing here.')
  const [code, error] = [answer.get('code'), answer.get('error')]
  if (code === null) {
    reply(response, 200, 'The agent was told that it may not act for you. You can close this page.')
    return arrival.reject(refused(error ?? 'no code came'))
  }
  reply(response, 200, 'Done. You can close this page and go back to the terminal.')
  arrival.resolve(code)
}

/** RFC 6749 §10.12 (state), RFC 9207 §2.4 (who answers). */
function answerIn(request: IncomingMessage, expected: ExpectedAnswer): URLSearchParams | null {
  const [path, query = ''] = (request.url ?? '').split('?')
  if (!isHere(request) || request.method !== 'GET' || path !== PATH) return null
  const answer = new URLSearchParams(query)
  if (MEMBERS.some((name) => answer.getAll(name).length > 1)) return null
  const isExpected =
    isSame(answer.get('state') ?? '', expected.state) && answer.get('iss') === expected.issuer
  return isExpected ? answer : null
}

const MEMBERS = ['code', 'state', 'iss', 'error']

/** A name that resolves to 127.0.0.1 is not this address. */
const isHere = ({ headers }: IncomingMessage): boolean => /^127\.0\.0\.1:\d+$/.test(headers.host ?? '')

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

function reply(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-security-policy': "default-src 'none'",
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    connection: 'close',
  })
  response.end(`${text}\n`)
}

/** Lets the answer to the browser out, and nobody else in. */
function shut(server: Server): void {
  server.close()
  server.closeIdleConnections()
  setTimeout(() => server.closeAllConnections(), 1_000).unref()
}

const refused = (reason: string): Failure =>
  new Failure(
    `the human did not let the agent act for them (${reason.slice(0, 64)})`,
    'Run the command again to ask again.',
    EXIT.no,
  )
const tooLate = (): Failure =>
  new Failure('nobody signed in in time', 'Run the command again to ask again.', EXIT.no)
