// An upstream that answers every call with a stream without end, as fast as it is read. Started as a process of its own; tells how many
// bytes it could get rid of.
import { createServer } from 'node:http'

const EVENT = `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x'.repeat(64 * 1024) } })}\n\n`
let sentBytes = 0
let open = 0

const server = createServer((request, response) => {
  request.resume()
  open += 1
  response.once('close', () => (open -= 1))
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const pump = () => {
    for (let takes = true; takes && !response.destroyed;) {
      sentBytes += EVENT.length
      takes = response.write(EVENT)
    }
  }
  response.on('drain', pump)
  pump()
})
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
process.on('message', () => process.send({ sentBytes, open }))
process.on('disconnect', () => process.exit(0))
