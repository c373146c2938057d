// A lean MCP upstream: one tool, 1 KB of answer, an API key demanded. Started as a process of its own.
import { createServer } from 'node:http'

const filler = 'Two lamps were shipped on Tuesday and will arrive before the weekend. '.repeat(13)
const server = createServer((request, response) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    if (request.headers['x-api-key'] !== process.env.SECRET) {
      response.writeHead(401).end()
      return
    }
    const { id } = JSON.parse(Buffer.concat(chunks))
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: filler }] } }),
    )
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send(server.address().port))
process.on('disconnect', () => process.exit(0))
