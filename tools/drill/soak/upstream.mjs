// The servers behind the gateway in the soak: one that works, in JSON and in streams, and one that fails in every way that a server can.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'

const PROSE = 'Two lamps were shipped on Tuesday and will arrive before the weekend. '.repeat(13)
const RESULT = { content: [{ type: 'text', text: PROSE }], isError: false }
const TOOLS = ['lookup_order', 'stream_order', 'flood', 'fail'].map((name) => ({
  name,
  inputSchema: { type: 'object' },
}))
const event = (message) => `event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`
const note = (data) => event({ method: 'notifications/message', params: { level: 'info', data } })

const server = createServer((request, response) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => answer(request, response, Buffer.concat(chunks)))
  request.on('error', () => {})
})
server.keepAliveTimeout = 10_000
server.listen(0, '127.0.0.1', () => process.send(server.address().port))
process.on('disconnect', () => process.exit(0))

function answer(request, response, bytes) {
  if (request.method !== 'POST') {
    response.writeHead(request.method === 'DELETE' ? 200 : 405).end()
    return
  }
  const { id, method, params } = JSON.parse(bytes)
  if (id === undefined) response.writeHead(202).end()
  else if (method === 'tools/call') TOOL[params.name](response, id, params)
  else {
    const opens = method === 'initialize' ? { 'mcp-session-id': randomUUID() } : {}
    json(response, id, OTHERS[method]?.(params) ?? {}, opens)
  }
}

const OTHERS = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {}, logging: {} },
    serverInfo: { name: 'soak', version: '1' },
  }),
  'tools/list': () => ({ tools: TOOLS }),
}

const TOOL = {
  lookup_order: (response, id) => json(response, id, RESULT),
  stream_order: (response, id) => {
    stream(response)
    response.write(note('looked up'))
    setTimeout(() => response.end(`${note('packed')}${event({ id, result: RESULT })}`), 5)
  },
  flood: flood,
  fail: (response, id, { arguments: { way } }) => FAILURES[way](response, id),
}

const FAILURES = {
  status: (response) => response.writeHead(500, { 'content-type': 'text/plain' }).end('out of order'),
  reset: (response) => response.socket.resetAndDestroy(),
  'half an answer': (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 4000 })
    response.write('{"jsonrpc":"2.0",')
    setTimeout(() => response.socket?.resetAndDestroy(), 5)
  },
  'no JSON': (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"jsonrpc":'),
  'half a stream': (response) => {
    stream(response)
    response.write(note('looked up'))
    setTimeout(() => response.socket?.resetAndDestroy(), 5)
  },
  silence: (response) => void setTimeout(() => response.destroy(), 20_000).unref(),
}

function json(response, id, result, more = {}) {
  const body = JSON.stringify({ jsonrpc: '2.0', id, result })
  response.writeHead(200, { 'content-type': 'application/json', ...more })
  response.end(body)
}

const stream = (response) => response.writeHead(200, { 'content-type': 'text/event-stream' })

/** As fast as it is taken, without end. */
function flood(response) {
  stream(response)
  const line = note(PROSE.repeat(8))
  const pour = () => {
    while (!response.destroyed && response.write(line));
  }
  response.on('drain', pour)
  response.on('error', () => {})
  pour()
}
