import type { Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import { decodeAsk, encodeReply, frameBytes } from '@writ/hooks'
import type { HookReply } from '@writ/hooks'
import type { HookDesk } from '../hook-desk.ts'

/** Questions under way at once; a client whose connection is not taken denies. */
const MOST_CLIENTS = 256
/** how long a client may take to say what it wants */
const PATIENCE_MS = 5000

/** One question and one answer a connection. Not listening yet. */
export function createHookServer(desk: HookDesk, report: (problem: string, error: unknown) => void): Server {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    serve(socket, desk).catch((error: unknown) => {
      report('a hook client was not answered', error)
      socket.destroy()
    })
  })
  server.maxConnections = MOST_CLIENTS
  return server
}

async function serve(socket: Socket, desk: HookDesk): Promise<void> {
  const hangUp = new AbortController()
  socket.once('close', () => hangUp.abort())
  // A client that went away is no fault of ours, and there is nobody to tell.
  socket.on('error', () => socket.destroy())
  socket.setTimeout(PATIENCE_MS, () => socket.destroy())
  const frame = await frameFrom(socket)
  const asked = frame && decodeAsk(frame)
  if (asked === null) return void socket.destroy()
  socket.setTimeout(0)
  socket.end(framed(await desk.ask(asked.client, asked.payload, hangUp.signal)))
}

/** Null: what came is not one frame. */
function frameFrom(socket: Socket): Promise<Uint8Array | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let sizeBytes = 0
    let wanted: number | null = null
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      sizeBytes += chunk.length
      wanted ??= wantedBytes(chunks, sizeBytes)
      if (wanted !== null && sizeBytes >= wanted) resolve(Buffer.concat(chunks))
    })
    socket.once('end', () => resolve(null))
    socket.once('close', () => resolve(null))
  })
}

/** 0: whatever comes, it is too much. */
function wantedBytes(chunks: readonly Buffer[], sizeBytes: number): number | null {
  if (sizeBytes < 4) return null
  const bytes = frameBytes(Buffer.concat(chunks).subarray(0, 4))
  return bytes === 'too_large' ? 0 : bytes
}

/** A reply that no frame holds is a deny. */
function framed(reply: HookReply): Uint8Array {
  try {
    return encodeReply(reply)
  } catch {
    const reason = 'Writ: the answer is larger than a hook client takes'
    return encodeReply({
      exit: 2,
      stdout: JSON.stringify({ decision: 'block', reason }),
      stderr: `${reason}\n`,
    })
  }
}
