// A stand-in for the daemon: real frames, real reading, real answers, and no decision. The same over HTTP for curl.
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { decodeAsk, encodeReply, isHookFault, readHookEvent, renderVerdict } from '@writ/hooks'

const ALLOW = { outcome: 'allow', reason: '', decisionId: 'dec_1', approval: null, modified: null }
const folder = process.argv[2]

const frames = createServer({ allowHalfOpen: true }, (socket) => {
  const chunks = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('end', () => {
    const { client, payload } = decodeAsk(Buffer.concat(chunks))
    socket.end(encodeReply(answer(client, payload)))
  })
})
const http = createHttpServer((request, response) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => response.end(answer('claude-code', Buffer.concat(chunks)).stdout))
})
frames.listen(join(folder, 'frames'), () => http.listen(join(folder, 'http'), () => console.log('ready')))

function answer(client, payload) {
  const event = readHookEvent(client, payload)
  if (isHookFault(event)) throw new Error(event.detail)
  return renderVerdict(event, ALLOW)
}
