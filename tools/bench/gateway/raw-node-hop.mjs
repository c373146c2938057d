// The plainest hop that Node.js gives: node:http in, undici's dispatch out, nothing read and nothing checked.
import { createServer } from 'node:http'
import { Pool } from 'undici'

const upstream = new URL(process.env.UPSTREAM_URL)
const pool = new Pool(upstream.origin, { connections: 64, keepAliveTimeout: 60_000 })
const OF_ONE_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding'])
/** undici says these itself */
const SAID_ANEW = new Set([...OF_ONE_HOP, 'host', 'content-length'])

const server = createServer({ noDelay: true, keepAliveTimeout: 120_000 }, (request, response) => {
  const headers = request.rawHeaders.flatMap((_, at, all) =>
    at % 2 === 1 || SAID_ANEW.has(all[at].toLowerCase()) ? [] : [all[at], all[at + 1]],
  )
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
    pool.dispatch({ path: request.url, method: request.method, headers, body }, relay(response))
  })
})
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
process.on('disconnect', () => process.exit(0))

const relay = (response) => ({
  onRequestStart: (controller) =>
    response.once('close', () => response.writableFinished || controller.abort(new Error('gone'))),
  onResponseStart: (_, status, headers) =>
    response.writeHead(
      status,
      Object.entries(headers).flatMap(([name, value]) => (OF_ONE_HOP.has(name) ? [] : [name, value])),
    ),
  onResponseData: (controller, chunk) => {
    if (response.write(chunk)) return
    controller.pause()
    response.once('drain', () => controller.resume())
  },
  onResponseEnd: () => response.end(),
  onResponseError: () => response.destroy(),
})
