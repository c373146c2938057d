// Somebody who does nothing wrong, beside whoever floods: what they notice of it.
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

const CALL = new TextEncoder().encode(
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"lookup_order","arguments":{}}}',
)

/**
 * Calls again and again, each time on a socket of its own, until the work is done.
 * @returns {Promise<{ times: number[], failures: string[] }>} milliseconds of each call
 */
export async function callBeside(agent, url, work) {
  const seen = { times: [], failures: [] }
  const state = { isOver: false }
  const calling = (async () => {
    while (!state.isOver) {
      await timedCall(agent, url, seen)
      await sleep(20)
    }
  })()
  try {
    await work
  } finally {
    state.isOver = true
    await calling
  }
  return seen
}

export async function callTimes(agent, url, count) {
  const seen = { times: [], failures: [] }
  for (let at = 0; at < count; at += 1) {
    await timedCall(agent, url, seen)
    await sleep(20)
  }
  return seen
}

export const percentile = (times, share) => {
  const sorted = times.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

async function timedCall(agent, url, seen) {
  const headers = await signed(agent, url, CALL)
  const begun = performance.now()
  const status = await statusOf(url, headers, CALL).catch((error) => error.message)
  seen.times.push(performance.now() - begun)
  if (status !== 200) seen.failures.push(String(status))
}

/** Header fields of one signed request. */
export const signed = async (agent, url, body) => ({
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  ...(await agent.session.sign({ verb: 'POST', url, body })),
})

/** The status of one request on a socket of its own. */
export function statusOf(url, headers, body) {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers, agent: false, timeout: 20_000 }, (response) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode))
      response.once('error', reject)
    })
    sent.once('timeout', () => sent.destroy(new Error('no answer')))
    sent.once('error', reject)
    sent.end(body)
  })
}
