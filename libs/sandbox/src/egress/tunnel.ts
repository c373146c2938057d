import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { readFirstBytes } from './client-hello.ts'

const FIRST_BYTES_MS = 10_000
const CONNECT_MS = 15_000

/** The first bytes of a connection, and the name that they ask for; null where they are no TLS, end early or take too long. */
export async function helloOf(
  socket: Socket,
  already: Uint8Array,
): Promise<{ readonly bytes: Buffer; readonly serverName: string | null } | null> {
  let bytes = Buffer.from(already)
  const until = Date.now() + FIRST_BYTES_MS
  for (;;) {
    const first = readFirstBytes(bytes)
    if (first.kind === 'hello') return { bytes, serverName: first.serverName }
    if (first.kind === 'opaque') return null
    const more = await nextBytes(socket, until - Date.now())
    if (more === null) return null
    bytes = Buffer.concat([bytes, more])
  }
}

function nextBytes(socket: Socket, patienceMs: number): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const finish = (bytes: Buffer | null) => {
      clearTimeout(timer)
      socket.pause()
      socket.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onEnd)
      resolve(bytes)
    }
    const onData = (bytes: Buffer) => finish(bytes)
    const onEnd = () => finish(null)
    const timer = setTimeout(onEnd, Math.max(0, patienceMs))
    socket.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onEnd)
    socket.resume()
  })
}

/** Rejects where the address does not answer. */
export function reach(address: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, timeout: CONNECT_MS })
    socket.once('timeout', () => socket.destroy(new Error('it does not answer')))
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      socket.setTimeout(0)
      resolve(socket)
    })
  })
}

/** Carries bytes both ways until either side is gone. */
export function join(inside: Socket, outside: Socket): void {
  const end = () => {
    inside.destroy()
    outside.destroy()
  }
  inside.on('error', end).on('close', end)
  outside.on('error', end).on('close', end)
  inside.pipe(outside)
  outside.pipe(inside)
}
