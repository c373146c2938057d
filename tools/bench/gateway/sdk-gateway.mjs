// The gateway that one writes first: the official SDK on both sides, a server and a client of it for each session.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js'

const { UPSTREAM_URL, SECRET } = process.env
const sessions = new Map()

const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
  const known = sessions.get(request.headers['mcp-session-id'])
  const transport = known ? Promise.resolve(known) : openSession()
  transport.then((one) => one.handleRequest(request, response)).catch((error) => response.destroy(error))
})
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
process.on('disconnect', () => process.exit(0))

async function openSession() {
  const client = new Client({ name: 'gateway', version: '1' })
  const requestInit = { headers: { 'x-api-key': SECRET } }
  await client.connect(new StreamableHTTPClientTransport(new URL(UPSTREAM_URL), { requestInit }))
  const facing = new Server({ name: 'gateway', version: '1' }, { capabilities: { tools: {} } })
  facing.setRequestHandler(ListToolsRequestSchema, ({ params }) => client.listTools(params))
  facing.setRequestHandler(CallToolRequestSchema, ({ params }) => client.callTool(params))
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    enableJsonResponse: true,
    onsessioninitialized: (id) => sessions.set(id, transport),
  })
  await facing.connect(transport)
  return transport
}
