// One address before several gateways: each request goes to the next one, whatever connection it came on.
import { createServer, request as open } from 'node:http'

/** @returns {Promise<{ origin: string, port: number, leadTo: (urls: readonly string[]) => void, served: () => readonly number[], close: () => Promise<void> }>} */
export async function startRoundRobin() {
  let behind = []
  let served = []
  let turn = 0
  const server = createServer((request, response) => {
    const which = turn++ % behind.length
    served[which] += 1
    pass(request, response, behind[which])
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    leadTo: (urls) => {
      behind = urls
      served = urls.map(() => 0)
    },
    served: () => served,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Every field as it came, `Host` too: what a gateway is called is what clients call it. */
function pass(request, response, url) {
  const { hostname, port } = new URL(url)
  const { method, url: path, rawHeaders } = request
  const onward = open({ hostname, port, method, path, headers: rawHeaders, setHost: false })
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode, answer.rawHeaders)
    response.flushHeaders()
    answer.on('error', () => response.destroy())
    answer.pipe(response)
  })
  onward.on('error', () => response.destroy())
  response.on('close', () => onward.destroy())
  request.pipe(onward)
}
