// The upstream of a fault drill, a process of its own: it writes down every call that reaches it, and answers, late, or never.
import { closeSync, openSync, writeSync } from 'node:fs'
import { createServer } from 'node:http'

const RESULT = { content: [{ type: 'text', text: 'Two lamps were shipped on Tuesday.' }], isError: false }
const TOOLS = [{ name: 'lookup_order', inputSchema: { type: 'object' } }]
const seen = openSync(process.env.WRIT_DRILL_SEEN, 'a', 0o600)
const state = { isHanging: false }

const server = createServer((request, response) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => answer(response, JSON.parse(Buffer.concat(chunks))))
  request.on('error', () => {})
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send(server.address().port))
process.on('message', ({ isHanging }) => (state.isHanging = isHanging))
process.on('disconnect', () => {
  closeSync(seen)
  process.exit(0)
})

function answer(response, { id, method, params }) {
  if (method !== 'tools/call') return say(response, id, method === 'tools/list' ? { tools: TOOLS } : {})
  writeSync(seen, `${params.arguments.order}\n`)
  if (!state.isHanging) say(response, id, RESULT)
}

function say(response, id, result) {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ jsonrpc: '2.0', id, result }))
}
