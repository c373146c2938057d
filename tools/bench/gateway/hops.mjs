// Everything that ours is compared with. Each is started as its users start it, with what it needs to reach the same upstream.
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../local/ports.mjs'
import { startModule, startProgram } from './child.mjs'
import { startNginx } from './nginx.mjs'
import { fetchPeer, programOf } from './peers.mjs'

/**
 * @typedef {{ upstreamUrl: string, secret: string, say: (text: string) => void }} Settings
 * @typedef {{ url: string, pids: number[], headers?: Record<string, string>, version?: string }} Hop
 */

const urlOf = (port) => `http://127.0.0.1:${port}/mcp`

/** @type {Record<string, (running: any, settings: Settings) => Promise<Hop>>} */
export const HOPS = {
  nginx: async (running, settings) => ({
    ...(await startNginx(running, settings)),
    headers: { 'x-api-key': settings.secret },
  }),
  'raw-node': async (running, { upstreamUrl, secret }) => ({
    ...(await module(running, 'raw-node-hop.mjs', { UPSTREAM_URL: upstreamUrl })),
    headers: { 'x-api-key': secret },
  }),
  'sdk-gateway': (running, { upstreamUrl, secret }) =>
    module(running, 'sdk-gateway.mjs', { UPSTREAM_URL: upstreamUrl, SECRET: secret }),
  'mcp-proxy': async (running, { upstreamUrl, secret }) => {
    const { folder, version } = fetchPeer('mcp-proxy')
    const env = { FOLDER: folder, UPSTREAM_URL: upstreamUrl, SECRET: secret }
    return { ...(await module(running, 'mcp-proxy-library.mjs', env)), version }
  },
  inspector: startInspector,
  'mcp-proxy-cli': startBridge,
}

async function module(running, file, env) {
  const { pid, said } = await startModule(running, file, { env })
  return { url: urlOf(said.port), pids: [pid] }
}

/** The proxy of MCP Inspector: official SDK transports on both sides, messages handed through; one token for all. */
async function startInspector(running, { upstreamUrl, secret }) {
  const { folder, version } = fetchPeer('@modelcontextprotocol/inspector-server')
  const port = await freePort(0)
  const token = randomBytes(16).toString('hex')
  const env = { SERVER_PORT: String(port), HOST: '127.0.0.1', MCP_PROXY_AUTH_TOKEN: token }
  const { pid } = await startProgram(running, {
    command: process.execPath,
    args: [programOf(folder)],
    port,
    env,
  })
  const query = new URLSearchParams({ transportType: 'streamable-http', url: upstreamUrl })
  const headers = {
    'x-mcp-proxy-auth': `Bearer ${token}`,
    'x-custom-auth-header': 'x-api-key',
    'x-api-key': secret,
  }
  return { url: `${urlOf(port)}?${query}`, pids: [pid], headers, version }
}

/** HTTP on one side only: what mcp-proxy's own command line does. The server on stdio counts as the hop's, for it is its child. */
async function startBridge(running) {
  const { folder, version } = fetchPeer('mcp-proxy')
  const port = await freePort(0)
  const server = fileURLToPath(new URL('stdio-server.mjs', import.meta.url))
  const listen = ['--host', '127.0.0.1', '--port', String(port), '--server', 'stream']
  const { pid } = await startProgram(running, {
    command: process.execPath,
    args: [programOf(folder), ...listen, '--', process.execPath, server],
    port,
  })
  return { url: urlOf(port), pids: [pid], version }
}
