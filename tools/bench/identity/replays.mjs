// Captured requests, each accepted once at one of three gateways, sent again to all three at the same time.
import { Agent, request } from 'node:http'
import { result } from '../figures.mjs'
import { startWorld } from '../world.mjs'

const CAPTURED = 10_000
const CHUNK = 500
const AT_ONCE = 32
/** The balancer's origin: a proof for it fits every gateway behind it. */
const ORIGIN = 'http://gateway.bench.test'

export async function replays(running) {
  const world = await startWorld({
    running,
    redis: 'required',
    gateways: 3,
    tuning: {
      gateway: { WRIT_PUBLIC_ORIGIN: ORIGIN },
      controlPlane: { WRIT_GATEWAY_ORIGINS: ORIGIN },
    },
  })
  const counts = { first: 0, again: 0 }
  // A chunk at a time: a proof is good for a minute, and what is sent again must still be fresh.
  for (let done = 0; done < CAPTURED; done += CHUNK) {
    const requests = await Promise.all(
      Array.from({ length: CHUNK }, () => world.agent.signedCall(`${ORIGIN}/bench/tools/mcp`)),
    )
    counts.first += await accepted(requests, (index) => [world.urls[index % 3]])
    counts.again += await accepted(requests, () => world.urls)
  }
  const detail = `${CAPTURED} captured, ${counts.first} accepted the first time, each sent again to three gateways at once`
  const wasFair = counts.first === CAPTURED
  const row = result({ name: 'identity.replays', value: counts.again, unit: 'accepted', atMost: 0, detail })
  return [{ ...row, holds: row.holds && wasFair }]
}

async function accepted(requests, urlsOf) {
  let count = 0
  let next = 0
  const sender = async () => {
    for (let index = next++; index < requests.length; index = next++) {
      const statuses = await Promise.all(urlsOf(index).map((url) => send(url, requests[index])))
      count += statuses.filter((status) => status === 200).length
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, sender))
  return count
}

// `fetch` does not let a Host field be set; a balancer keeps the one that it received.
const connections = new Agent({ keepAlive: true, maxSockets: 3 * AT_ONCE })
const host = new URL(ORIGIN).host

function send(url, { headers, body }) {
  const fields = { ...headers, host, 'content-length': body.length }
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', agent: connections, headers: fields }, (incoming) => {
      incoming.resume()
      incoming.once('end', () => resolve(incoming.statusCode))
    })
    outgoing.once('error', reject)
    outgoing.end(body)
  })
}
