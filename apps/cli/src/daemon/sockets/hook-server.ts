import type { Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import { decodeAsk, encodeReply, frameBytes } from '@writ/hooks'
import type { HookReply } from '@writ/hooks'
import { GatheredBytes } from '@writ/runtime'
import type { HookDesk } from '../hook-desk.ts'

/** Questions under way at once; a client whose connection is not taken denies. */
const MOST_CLIENTS = 256
/** how long a client may take to say what it wants */
const PATIENCE_MS = 5000

type Desk = Pick<HookDesk, 'ask'>

/** One question and one answer a connection. Not listening yet. */
export function createHookServer(desk: Desk, report: (problem: string, error: unknown) => void): Server {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    serve(socket, desk).catch((error: unknown) => {
      report('a hook client was not answered', error)
      socket.destroy()
    })
  })
  server.maxConnections = MOST_CLIENTS
  return server
}

async function serve(socket: Socket, desk: Desk): Promise<void> {
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
  // A client that has its answer and does not go would hold its place for ever.
  socket.setTimeout(PATIENCE_MS)
}

/** Null: what came is not one frame. */
function frameFrom(socket: Socket): Promise<Uint8Array | null> {
  return new Promise((resolve) => {
    const bytes = new GatheredBytes()
    let wanted: number | null = null
    const take = (chunk: Buffer) => {
      bytes.add(chunk)
      wanted ??= wantedBytes(bytes)
      if (wanted === null || bytes.sizeBytes < wanted) return
      socket.off('data', take)
      // What comes after it is not kept, and its end is still heard of.
      socket.resume()
      resolve(bytes.take())
    }
    socket.on('data', take)
    socket.once('end', () => resolve(null))
    socket.once('close', () => resolve(null))
  })
}

/** 0: whatever comes, it is too much. */
function wantedBytes(bytes: GatheredBytes): number | null {
  const begun = bytes.take()
  bytes.add(begun)
  const wanted = frameBytes(begun)
  return wanted === 'too_large' ? 0 : wanted
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
