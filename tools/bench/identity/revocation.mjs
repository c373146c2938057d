// From the API's answer to a revocation until every one of N gateways refuses the agent, which calls all of them without a pause.
import { median, result } from '../figures.mjs'
import { startWorld } from '../world.mjs'

const SAMPLES = 20

export async function revocation(running, gateways) {
  const world = await startWorld({ running, redis: gateways > 1 ? 'required' : 'auto', gateways })
  const elapsed = []
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    const agent = await world.enrolAnother()
    await Promise.all(world.urls.map((url) => becomes(agent, url, 200)))
    await world.admin('POST', `agents/${agent.id}/revoke`)
    const begun = performance.now()
    await Promise.all(
      world.urls.map(async (url) => {
        await becomes(agent, url, 401)
        elapsed.push(performance.now() - begun)
      }),
    )
  }
  const ordered = [...elapsed].sort((a, b) => a - b)
  const p99 = ordered[Math.ceil(ordered.length * 0.99) - 1]
  const detail = `${SAMPLES} revocations, p50 ${median(elapsed).toFixed(0)} ms, worst ${ordered.at(-1).toFixed(0)} ms; the refused call is in it`
  return [
    result({ name: `identity.revocation.${gateways}`, value: p99, unit: 'ms p99', atMost: 1000, detail }),
  ]
}

/** Signed by hand: the agent's own library would fetch another token when this one is refused. */
async function becomes(agent, url, wanted) {
  for (;;) {
    const response = await fetch(url, { method: 'POST', ...(await agent.signedCall(url)) })
    await response.arrayBuffer()
    if (response.status === wanted) return
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
