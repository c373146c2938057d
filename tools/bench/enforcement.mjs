// From the API's answer to an edit until a gateway enforces it, on a session that goes on calling.
import { median, result } from './figures.mjs'
import { startWorld } from './world.mjs'

const EDITS = 21

export async function measure({ running }) {
  const world = await startWorld({ running })
  const { admin, agent, defaultGroup, spare } = world
  await isAllowed(world)
  const elapsed = []
  for (let edit = 0; edit < EDITS; edit += 1) {
    const closes = edit % 2 === 0
    await admin('PUT', `agents/${agent.id}/groups`, { groups: [closes ? spare.id : defaultGroup] })
    const begun = performance.now()
    while ((await isAllowed(world)) === closes) await new Promise((resolve) => setImmediate(resolve))
    elapsed.push(performance.now() - begun)
  }
  const worst = Math.max(...elapsed).toFixed(0)
  return [
    result({
      name: 'enforcement',
      value: median(elapsed),
      unit: 'ms',
      atMost: 1000,
      detail: `median of ${EDITS} edits in ${world.platform.mode} mode, worst ${worst} ms; includes the call that shows it`,
    }),
  ]
}

async function isAllowed({ agent, url }) {
  const response = await agent.session.fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: new TextEncoder().encode(
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"lookup_order","arguments":{}}}',
    ),
  })
  const { error } = await response.json()
  return error === undefined
}
