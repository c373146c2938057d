// mcp-proxy used as a library, Streamable HTTP to Streamable HTTP, by its documented functions.
import { importBeside } from './peers.mjs'
import { freePort } from '../../local/ports.mjs'

const { FOLDER, UPSTREAM_URL, SECRET } = process.env
const { proxyServer, startHTTPServer } = await importBeside(FOLDER, 'mcp-proxy')
const { Client, StreamableHTTPClientTransport } = await importBeside(FOLDER, '@modelcontextprotocol/client')
const { Server } = await importBeside(FOLDER, '@modelcontextprotocol/server')

const client = new Client({ name: 'gateway', version: '1' })
const requestInit = { headers: { 'x-api-key': SECRET } }
await client.connect(new StreamableHTTPClientTransport(new URL(UPSTREAM_URL), { requestInit }))
const capabilities = client.getServerCapabilities()
const port = await freePort(0)
await startHTTPServer({
  host: '127.0.0.1',
  port,
  createServer: async () => {
    const server = new Server(client.getServerVersion(), { capabilities })
    await proxyServer({ client, server, serverCapabilities: capabilities })
    return server
  },
})
process.on('disconnect', () => process.exit(0))
process.send({ port })
