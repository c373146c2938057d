import { connect } from 'node:net'
import type { Wire } from '@writ/identity/suites'

/** What came back over a bare socket: nothing tidied it up on either way. */
export type RawAnswer = {
  readonly status: number
  /** by name in lower case; of several fields of one name the first */
  readonly fields: ReadonlyMap<string, string>
  readonly text: string
}

/** The bytes of one request, field by field as given. `Connection: close` makes the socket end with the answer. */
export function requestText({ verb, url, headers, body }: Wire, also: Also = {}): string {
  const { host, pathname } = new URL(url)
  const fields = also.fields ?? [
    ['Host', host],
    ['Content-Type', 'application/json'],
    ['Accept', 'application/json, text/event-stream'],
    ['Content-Length', String(body.length)],
    ['Connection', 'close'],
  ]
  const lines = [...headers, ...fields].map(([name, value]) => `${name}: ${value}`)
  const start = `${also.verb ?? verb} ${also.target ?? pathname} HTTP/1.1`
  return [start, ...lines, '', also.body ?? Buffer.from(body).toString('latin1')].join('\r\n')
}

export type Also = {
  readonly verb?: string
  readonly target?: string
  /** instead of the usual fields beside those that are signed */
  readonly fields?: readonly (readonly [string, string])[]
  readonly body?: string
}

/** Sends the bytes as they are and collects every answer until the socket closes, or says nothing for a while. */
export function exchange(url: string, text: string, quietMs = 4_000): Promise<readonly RawAnswer[]> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(Number(port), hostname)
    socket.setTimeout(quietMs, () => socket.destroy())
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', (error) => {
      if (chunks.length === 0) reject(error)
    })
    socket.on('close', () => resolve(answersIn(Buffer.concat(chunks).toString('latin1'))))
    socket.write(text, 'latin1')
  })
}

function answersIn(text: string): RawAnswer[] {
  const answers: RawAnswer[] = []
  for (let rest = text; rest.startsWith('HTTP/1.1 ');) {
    const headEnd = rest.indexOf('\r\n\r\n')
    const [start = '', ...lines] = rest.slice(0, headEnd < 0 ? undefined : headEnd).split('\r\n')
    const fields = new Map(lines.toReversed().map(fieldIn))
    const body = headEnd < 0 ? '' : rest.slice(headEnd + 4)
    const length = fields.has('transfer-encoding')
      ? chunksEnd(body)
      : Number(fields.get('content-length') ?? body.length)
    answers.push({ status: Number(start.split(' ')[1]), fields, text: body.slice(0, length) })
    rest = body.slice(length)
  }
  return answers
}

/** Where a chunked body ends (RFC 9112 §7.1), without trailers. */
function chunksEnd(body: string): number {
  for (let at = 0; ;) {
    const lineEnd = body.indexOf('\r\n', at)
    const size = Number.parseInt(body.slice(at, lineEnd), 16)
    if (lineEnd < 0 || Number.isNaN(size)) return body.length
    at = lineEnd + 2 + size + 2
    if (size === 0) return at
  }
}

function fieldIn(line: string): readonly [string, string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
}
