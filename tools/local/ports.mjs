import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * A port on loopback that nobody listens on: the preferred one, or any other.
 * @param {number} preferred 0 for any
 * @param {Set<number>} [reserved] ports promised to others in this start; the answer is added
 */
export async function freePort(preferred, reserved = new Set()) {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = attempt === 0 && preferred !== 0 ? preferred : randomPort()
    if (reserved.has(port) || !(await isFree(port))) continue
    reserved.add(port)
    return port
  }
  throw new Error('no free port on 127.0.0.1')
}

// Below the ports that systems give to outgoing connections: one of those may take a port between its choice and its use.
const randomPort = () => randomInt(20_000, 32_000)

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
