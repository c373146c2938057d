import { rm } from 'node:fs/promises'
import type { Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'

/**
 * A socket that is there before who answers on it: what connects early waits, and is turned away where nobody comes. So a sandbox can be made
 * while the daemon is still being loaded, and nothing is decided without it.
 * @param target path of the socket that answers
 */
export async function socketBefore(path: string, target: Promise<string>): Promise<() => Promise<void>> {
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (inside) => {
    keep(inside, open)
    target.then(
      (there) => joined(inside, keep(connect({ path: there, allowHalfOpen: true }), open)),
      () => inside.destroy(),
    )
  })
  await listening(server, path)
  return async () => {
    server.close()
    for (const socket of open) socket.destroy()
    await rm(path, { force: true })
  }
}

function keep(socket: Socket, open: Set<Socket>): Socket {
  open.add(socket)
  return socket.on('error', () => socket.destroy()).on('close', () => open.delete(socket))
}

function joined(inside: Socket, outside: Socket): void {
  inside.on('close', () => outside.destroy())
  outside.on('close', () => inside.destroy())
  inside.pipe(outside).pipe(inside)
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => resolve())
  })
}
