import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { Slug } from '@writ/contracts'
import { listenOn } from '@writ/runtime'
import { Failure } from '../failure.ts'
import { createProxy } from '../proxy/http.ts'
import type { Upstream } from '../proxy/upstream.ts'

const HOST = '127.0.0.1'

/** @property url what stands before `/<connection>/mcp`; whoever knows it calls as this agent */
export type SigningProxy = { readonly url: string; readonly close: () => Promise<void> }

/**
 * Signs MCP calls under this device's session. Loopback is everybody's on this machine, so the path begins with a secret that is new at each
 * start; it is told on the administration socket only.
 * @throws Failure when the port is taken
 */
export async function openSigningProxy(
  upstream: (connection: string | undefined) => Upstream,
  port: number,
): Promise<SigningProxy> {
  const secret = randomBytes(24).toString('base64url')
  const server = createProxy((path) => {
    const connection = connectionIn(path, secret)
    return connection === null ? null : upstream(connection.name)
  })
  const bound = await listenOn(server, { host: HOST, port }).catch(() => {
    throw new Failure(`cannot listen on port ${port}`, 'Choose another, or 0 for any free one.')
  })
  return {
    url: `http://${HOST}:${bound}/${secret}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** `/<secret>/<connection>/mcp`, or `/<secret>/mcp` for all of them. */
function connectionIn(path: string, secret: string): { readonly name: string | undefined } | null {
  const [, said, connection] = /^\/([\w-]+)\/(?:([^/]+)\/)?mcp$/.exec(path) ?? []
  if (said === undefined || !isSame(said, secret)) return null
  return connection === undefined || Slug.safeParse(connection).success ? { name: connection } : null
}

const isSame = (said: string, secret: string): boolean => timingSafeEqual(hashOf(said), hashOf(secret))
const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest()
