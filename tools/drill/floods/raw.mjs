// Requests written by hand: what no HTTP library would send.
import { connect } from 'node:net'

const CHUNK = Buffer.alloc(64 * 1024, 0x20)
const STATUS_LINE = /^HTTP\/1\.1 (\d{3})/
const PATIENCE_MS = 30_000

/** The lines of a request, up to its body. */
export function headOf(url, fields) {
  const { host, pathname } = new URL(url)
  const lines = [['Host', host], ...fields].map(([name, value]) => `${name}: ${value}`)
  return `POST ${pathname} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}

/**
 * Sends one request and gives the status that came back; `cut` where the socket was closed instead, null where nothing came.
 * @param {Uint8Array | { bytes: number, isChunked?: boolean }} body bytes, or how many of them to make up
 */
export function answerTo(url, fields, body) {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    let text = ''
    const state = { isOver: false }
    socket.setTimeout(PATIENCE_MS, () => {
      state.isOver = true
      socket.destroy()
    })
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (STATUS_LINE.test(text)) socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      const status = STATUS_LINE.exec(text)?.[1]
      if (status === undefined) resolve(state.isOver ? null : 'cut')
      else resolve(Number(status))
    })
    socket.write(headOf(url, fields))
    if (Buffer.isBuffer(body)) socket.write(body)
    else pour(socket, body, () => text !== '')
  })
}

/** Writes made-up bytes as fast as they are taken, until all are sent, nobody takes them, or an answer is there. */
function pour(socket, { bytes, isChunked = false }, hasAnswer) {
  let left = bytes
  const piece = isChunked
    ? Buffer.concat([Buffer.from(`${CHUNK.length.toString(16)}\r\n`), CHUNK, Buffer.from('\r\n')])
    : CHUNK
  const more = () => {
    while (left > 0 && socket.writable && !hasAnswer()) {
      left -= CHUNK.length
      if (socket.write(piece)) continue
      socket.once('drain', more)
      break
    }
  }
  more()
}
