// One keep-alive connection of HTTP/1.1, one request at a time, on a bare socket: a driver that costs little beside what it measures.
import { connect } from 'node:net'

const HEAD_END = Buffer.from('\r\n\r\n')
const LINE_END = Buffer.from('\r\n')
const LIMIT_MS = 15_000

/**
 * @param {URL} url
 * @returns {{ ask: (request: Buffer) => Promise<{ status: number, head: string, body: Buffer }>, close: () => void }}
 *   `ask` rejects when the connection breaks, when the answer cannot be read, or after 15 seconds
 */
export function openConnection({ hostname, port }) {
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  let received
  let waiting
  const settle = (how, value) => {
    const one = waiting
    waiting = undefined
    received = undefined
    clearTimeout(one?.timer)
    one?.[how](value)
  }
  socket.on('data', (chunk) => {
    received = received === undefined ? chunk : Buffer.concat([received, chunk])
    const answer = answerIn(received)
    if (answer !== null) settle('resolve', answer)
  })
  socket.on('error', (error) => settle('reject', error))
  socket.on('close', () => settle('reject', new Error('the connection was closed')))
  const ask = (request) =>
    new Promise((resolve, reject) => {
      if (socket.destroyed) return reject(new Error('the connection was closed'))
      const timer = setTimeout(() => settle('reject', new Error('no answer in 15 s')), LIMIT_MS)
      waiting = { resolve, reject, timer }
      socket.write(request)
    })
  return { ask, close: () => socket.destroy() }
}

/** The bytes of one request. */
export function requestBytes(url, headers, body, method = 'POST') {
  const fields = { host: url.host, ...headers, 'content-length': body.length }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([
    Buffer.from(`${method} ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('')}\r\n`),
    body,
  ])
}

/** A whole answer, or null while some of it is still to come. */
function answerIn(bytes) {
  const headEnd = bytes.indexOf(HEAD_END)
  if (headEnd < 0) return null
  const head = bytes.latin1Slice(0, headEnd)
  const status = Number(head.slice(9, 12))
  const body = bodyIn(bytes, headEnd + HEAD_END.length, head, status)
  return body === null ? null : { status, head, body }
}

function bodyIn(bytes, from, head, status) {
  const length = /\r\ncontent-length:\s*(\d+)/i.exec(head)
  if (length !== null) {
    const end = from + Number(length[1])
    return bytes.length < end ? null : bytes.subarray(from, end)
  }
  if (/\r\ntransfer-encoding:\s*chunked/i.test(head)) return chunksIn(bytes, from)
  if (status === 202 || status === 204) return bytes.subarray(from, from)
  throw new Error('an answer without a length')
}

function chunksIn(bytes, from) {
  const parts = []
  for (let at = from; ;) {
    const lineEnd = bytes.indexOf(LINE_END, at)
    if (lineEnd < 0) return null
    const size = Number.parseInt(bytes.latin1Slice(at, lineEnd), 16)
    const start = lineEnd + LINE_END.length
    if (bytes.length < start + size + LINE_END.length) return null
    if (size === 0) return Buffer.concat(parts)
    parts.push(bytes.subarray(start, start + size))
    at = start + size + LINE_END.length
  }
}
