// A lean MCP server: little beside the hop under test. It wants its API key, tells on demand what it has seen, and holds a few tools:
// `lookup_order` (1 KB), `read_report` (100 KB), `echo` (what it was sent), `leak` (a secret, as a careless server would).
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { LEAKED, PROSE } from './content.mjs'

const { SECRET } = process.env
const textOf = (characters) => PROSE.repeat(Math.ceil(characters / PROSE.length)).slice(0, characters)
const answerOf = (text) => JSON.stringify({ content: [{ type: 'text', text }], isError: false })
const SMALL = answerOf(textOf(920))
const LARGE = answerOf(textOf(100 * 1024 - 100))
const LEAK = answerOf(`${textOf(400)} The key of the store is ${LEAKED}.`)
const schema = { type: 'object', properties: { order: { type: 'string' }, note: { type: 'string' } } }
const TOOLS = ['lookup_order', 'read_report', 'echo', 'leak'].map((name) => ({
  name,
  description: 'Reads one order.',
  inputSchema: schema,
}))
const seen = { calls: 0, unauthenticated: 0 }

const RESULTS = {
  initialize: ({ params }) =>
    JSON.stringify({
      protocolVersion: params.protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name: 'bench', version: '1' },
    }),
  'tools/list': () => JSON.stringify({ tools: TOOLS }),
  ping: () => '{}',
  'tools/call': ({ params }) => {
    seen.calls += 1
    if (params.name === 'read_report') return LARGE
    if (params.name === 'leak') return LEAK
    return params.name === 'echo' ? answerOf(params.arguments.note) : SMALL
  },
}

const server = createServer({ noDelay: true, keepAliveTimeout: 120_000 }, (request, response) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => answer(request, response, Buffer.concat(chunks)))
})
server.requestTimeout = 0
server.headersTimeout = 0
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
process.on('message', () => process.send({ seen }))
process.on('disconnect', () => process.exit(0))

function answer(request, response, bytes) {
  if (request.method !== 'POST') {
    end(response, request.method === 'DELETE' ? 200 : 405)
    return
  }
  if (request.headers['x-api-key'] !== SECRET) {
    seen.unauthenticated += 1
    end(response, 401)
    return
  }
  const message = JSON.parse(bytes)
  if (message.id === undefined) {
    end(response, 202)
    return
  }
  const opens = message.method === 'initialize' ? { 'mcp-session-id': randomUUID() } : {}
  const body = `{"jsonrpc":"2.0","id":${JSON.stringify(message.id)},"result":${RESULTS[message.method](message)}}`
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...opens,
  })
  response.end(body)
}

function end(response, status) {
  response.writeHead(status, { 'content-length': 0 })
  response.end()
}
