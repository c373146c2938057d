import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Answer, Received } from '@writ/enforcement'
import { startServer } from './server.ts'
import type { GatewayServer } from './server.ts'

const BODY = '{"jsonrpc":"2.0","id":1,"method":"ping"}'
const HIDDEN =
  'POST /acme/files/mcp HTTP/1.1\r\nHost: gateway.example\r\nAuthorization: DPoP hidden\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'

type Row = readonly [title: string, status: number, bytes: string | Buffer]

/** A request of these fields beside those of every request; none of them frames its body. */
const request = (
  fields: readonly string[],
  body: string | Buffer = BODY,
  start = 'POST /acme/files/mcp HTTP/1.1',
) =>
  Buffer.concat([
    Buffer.from(
      [
        start,
        'Host: gateway.example',
        'Authorization: DPoP t',
        'Content-Type: application/json',
        ...fields,
        '',
        '',
      ].join('\r\n'),
      'latin1',
    ),
    Buffer.from(body),
  ])
const LENGTH = `Content-Length: ${BODY.length}`
const CHUNKED = 'Transfer-Encoding: chunked'
const SIZE = BODY.length.toString(16)
const chunks = (text: string) => request([CHUNKED], text)
const edited = (pattern: RegExp | string, instead: string) =>
  request([LENGTH]).toString('latin1').replace(pattern, instead)

/** Requests that two servers in a row could end at two places. */
const FRAMING: readonly Row[] = [
  ['a length and chunks', 400, request([LENGTH, CHUNKED])],
  ['chunks and a length of nothing', 400, request([CHUNKED, 'Content-Length: 0'], `0\r\n\r\n${HIDDEN}`)],
  [
    'a length before chunks that hide a request',
    400,
    request(['Content-Length: 5', CHUNKED], `0\r\n\r\n${HIDDEN}`),
  ],
  ['two lengths', 400, request([LENGTH, 'Content-Length: 5'])],
  ['two lengths that are equal', 400, request([LENGTH, LENGTH])],
  ['a list of lengths', 400, request([`${LENGTH}, ${BODY.length}`])],
  ['a length with a sign', 400, request([`Content-Length: +${BODY.length}`])],
  ['a length below nothing', 400, request(['Content-Length: -1'])],
  ['a length in sixteens', 400, request(['Content-Length: 0x28'])],
  ['a length with a fraction', 400, request(['Content-Length: 40.0'])],
  ['a length of words', 400, request(['Content-Length: forty'])],
  ['a length with an underscore', 400, request(['Content-Length: 4_0'])],
  ['a length beyond all numbers', 400, request(['Content-Length: 99999999999999999999999'])],
  ['a length with a blank before its colon', 400, request([`Content-Length : ${BODY.length}`])],
  ['chunks with a blank before their colon', 400, request(['Transfer-Encoding : chunked', LENGTH])],
  ['chunks on a continued line', 400, request(['Transfer-Encoding:\r\n chunked', LENGTH])],
  ['chunks behind a tab that is vertical', 400, request(['Transfer-Encoding: \vchunked', LENGTH])],
  ['chunks in quotes', 400, request(['Transfer-Encoding: "chunked"', LENGTH])],
  ['chunks with a parameter', 400, request(['Transfer-Encoding: chunked;q=1', LENGTH])],
  ['chunks twice', 400, request([CHUNKED, CHUNKED, LENGTH])],
  [
    'chunks that are not the last coding',
    400,
    request(['Transfer-Encoding: chunked, identity'], `${SIZE}\r\n${BODY}\r\n0\r\n\r\n`),
  ],
  ['a coding that is nearly chunks', 400, request(['Transfer-Encoding: xchunked', LENGTH])],
  ['a chunk of no size', 400, chunks(`\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a chunk of a size with a sign', 400, chunks(`+${SIZE}\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a chunk of a size in C', 400, chunks(`0x${SIZE}\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a chunk of a size below nothing', 400, chunks(`-1\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a chunk of a size beyond all numbers', 400, chunks(`ffffffffffffffffff\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a chunk of a size with a blank before it', 400, chunks(` ${SIZE}\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a chunk with a line end of LF alone', 400, chunks(`${SIZE}\n${BODY}\r\n0\r\n\r\n`)],
  ['a chunk that goes on after its size', 400, chunks(`${SIZE}\r\n${BODY}XX\r\n0\r\n\r\n`)],
  [
    'a chunk with an extension that is broken over lines',
    400,
    chunks(`${SIZE};a="\r\nb"\r\n${BODY}\r\n0\r\n\r\n`),
  ],
  ['a chunk with an extension that ends in LF', 400, chunks(`${SIZE};a\n${BODY}\r\n0\r\n\r\n`)],
  ['a length behind the last chunk', 400, chunks(`${SIZE}\r\n${BODY}\r\n0\r\nContent-Length: 5\r\n\r\n`)],
  ['a field that ends in LF alone', 400, edited('DPoP t\r\n', 'DPoP t\n')],
  ['a field that ends in CR alone', 400, edited('DPoP t\r\n', 'DPoP t\r')],
  ['a head that ends in LF alone', 400, edited(`${LENGTH}\r\n\r\n`, `${LENGTH}\r\n\n`)],
  ['a field with a NUL', 400, edited('DPoP t', 'DPoP\0t')],
  ['a field name with a line end behind it', 400, edited('Authorization:', 'Authorization\r\n:')],
  ['a start line of LF alone', 400, edited('HTTP/1.1\r\n', 'HTTP/1.1\n')],
  ['HTTP/0.9', 403, Buffer.from('POST /acme/files/mcp\r\n\r\n')],
  ['a GET with chunks', 400, request([CHUNKED], '0\r\n\r\n', 'GET /acme/files/mcp HTTP/1.1')],
  ['a DELETE with a length', 400, request(['Content-Length: 2'], '{}', 'DELETE /acme/files/mcp HTTP/1.1')],
]

/** Bodies that are not what they say, or are coded. */
const BODIES: readonly Row[] = [
  [
    'a coded body',
    415,
    request(['Content-Encoding: gzip', `Content-Length: ${gzipSync(BODY).length}`], gzipSync(BODY)),
  ],
  ['a body that is said to be not coded', 415, request(['Content-Encoding: identity', LENGTH])],
  ['two codings', 415, request(['Content-Encoding: identity', 'content-encoding: gzip', LENGTH])],
  ['a body in UTF-16', 415, edited('application/json', 'application/json; charset=utf-16')],
  ['two types', 415, request([LENGTH, 'Content-Type: text/plain'])],
  ['a form', 415, edited('application/json', 'application/x-www-form-urlencoded')],
  ['a type of many parts', 415, edited('application/json', 'multipart/form-data; boundary=application/json')],
]

/** What is legal, if odd: one request, and its very body. */
const WHOLE: readonly Row[] = [
  ['chunks', 200, chunks(`${SIZE}\r\n${BODY}\r\n0\r\n\r\n`)],
  [
    'many chunks',
    200,
    chunks(
      Array.from(BODY, (letter) => `1\r\n${letter}\r\n`)
        .join('')
        .concat('0\r\n\r\n'),
    ),
  ],
  ['a chunk of a size with zeros before it', 200, chunks(`000${SIZE}\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a chunk with an extension', 200, chunks(`${SIZE};a=b\r\n${BODY}\r\n0\r\n\r\n`)],
  [
    'fields behind the last chunk',
    200,
    chunks(`${SIZE}\r\n${BODY}\r\n0\r\nAuthorization: DPoP other\r\n\r\n`),
  ],
  ['chunks in capitals', 200, request(['TRANSFER-ENCODING: Chunked'], `${SIZE}\r\n${BODY}\r\n0\r\n\r\n`)],
  ['line ends before the start', 200, `\r\n\r\n${request([LENGTH]).toString('latin1')}`],
]

describe('over a bare socket', () => {
  const received: Received[] = []
  let server: GatewayServer

  beforeAll(async () => {
    server = await startServer({
      listen: { host: '127.0.0.1', port: 0 },
      publicOrigin: 'https://gateway.example',
      authorityOrigin: 'https://authority.example',
      limits: { ...LIMITS },
      mediate: async (message) => {
        received.push(message)
        return OK
      },
      newDecisionId: () => `dec_${'0'.repeat(26)}`,
      nowMs: () => 1_800_000_000_000,
      receiptOf: () => null,
      refusedAtRim: () => {},
      report: () => {},
    })
  })
  afterAll(() => server.close(0))

  it.each([...FRAMING, ...BODIES])(
    '%s is refused, and nothing of it is a message',
    async (_, status, bytes) => {
      received.length = 0
      const statuses = await statusesOf(server.port, bytes)
      expect(statuses).toEqual([status])
      expect(received).toEqual([])
    },
  )

  it.each(WHOLE)('%s: one message, and what it says', async (_, status, bytes) => {
    received.length = 0
    expect(await statusesOf(server.port, bytes)).toEqual([status])
    expect(received.map(({ body }) => Buffer.from(body).toString())).toEqual([BODY])
    expect(received[0]?.headers.get('authorization')).toEqual(['DPoP t'])
  })

  it.each([...FRAMING, ...BODIES])('%s does not carry another request in', async (_, _status, bytes) => {
    received.length = 0
    await statusesOf(server.port, Buffer.concat([Buffer.from(bytes), Buffer.from(HIDDEN)]))
    expect(received.filter(({ body }) => Buffer.from(body).toString() !== '{}')).toEqual([])
    expect(received.length).toBeLessThan(2)
  })
})

const OK: Answer = {
  kind: 'whole',
  status: 200,
  headers: [['content-type', 'application/json']],
  body: Buffer.from('{}'),
}

const LIMITS = {
  bodyBytes: 10_000,
  bodyIdleMs: 300,
  callsUnderWay: 100,
  bodies: 100,
  bodiesPerAddress: 100,
  sockets: 100,
  socketsPerAddress: 100,
  headersTimeoutMs: 300,
  requestTimeoutMs: 600,
  slowReaderMs: 300,
}

/** Every status on the socket, until it closes or says nothing for a while. */
function statusesOf(port: number, bytes: string | Buffer): Promise<number[]> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.setTimeout(150, () => socket.destroy())
    socket.on('data', (chunk) => (text += chunk.toString('latin1')))
    socket.on('error', () => {})
    socket.on('close', () =>
      resolve([...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))),
    )
    socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  })
}
