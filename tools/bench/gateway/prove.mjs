// A figure of a gateway that skipped its work is worthless: what "everything on" says is shown on the very gateway, right before it is measured.
import { statfsSync } from 'node:fs'
import { callBody, LEAKED, MCP_HEADERS, ORDER_TO_AGENT, PERSONAL } from './content.mjs'

const TMPFS = 0x01021994

/**
 * @returns {Promise<number>} how many records it left
 * @throws in one line, what is not on
 */
export async function proveEverythingIsOn({ lane, upstream, gateway }) {
  const ask = asker(lane)
  const [seenBefore, keptBefore] = [await upstream.seen(), await lane.records()]
  await proveReplayIsRefused(lane)
  const plain = await ask({ tool: 'echo', note: 'nothing in it' })
  must(plain.includes('nothing in it'), 'an ordinary call is answered')
  const personal = await ask({ tool: 'echo', note: `mail ${PERSONAL}` })
  must(personal.includes('[EMAIL]') && !personal.includes(PERSONAL), 'personal data is rewritten')
  const between = await upstream.seen()
  for (const note of [`the key is ${LEAKED}`, ORDER_TO_AGENT])
    must(!(await ask({ tool: 'echo', note })).includes('"result"'), 'what must not leave is refused')
  must((await upstream.seen()).calls === between.calls, 'what was refused never reached the upstream')
  const leak = await ask({ tool: 'leak' })
  must(!leak.includes(LEAKED) && !leak.includes('"result"'), 'a secret in an answer is withheld')
  const seen = await upstream.seen()
  must(seen.calls - seenBefore.calls === 4, 'every call that was let through reached the upstream')
  must(seen.unauthenticated === seenBefore.unauthenticated, 'the upstream got its credential each time')
  await proveRulesAreAsked(lane)
  must(statfsSync(gateway.stateDir).type !== TMPFS, 'records go to a disk, not to memory')
  return settled(lane, keptBefore)
}

/** Two records for each of the four that went out, one for each that did not: a replay and two refusals. */
const LEFT = 4 * 2 + 3

async function settled({ records }, before) {
  for (let waited = 0; waited < 20_000; waited += 100) {
    const left = (await records()) - before
    if (left >= LEFT) return left
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(
    `not everything is on: ${LEFT} records should be in the ledger, there are ${(await records()) - before}`,
  )
}

function asker({ agents, urls }) {
  let id = 0
  return async (call) => {
    const body = callBody(`prove-${(id += 1)}`, call)
    const response = await agents[0].session.fetch(urls[0], { method: 'POST', headers: MCP_HEADERS, body })
    return response.text()
  }
}

async function proveReplayIsRefused({ agents, urls: [url] }) {
  const body = callBody('replay')
  const signed = await agents[0].session.sign({ verb: 'POST', url, body })
  const send = () => fetch(url, { method: 'POST', headers: { ...MCP_HEADERS, ...signed }, body })
  const [first, second] = [await send(), await send()]
  must(first.status === 200 && (await first.text()).includes('"result"'), 'a proof is accepted once')
  must(second.status === 401, 'a replayed proof is refused')
}

async function proveRulesAreAsked({ admin, agents: [agent] }) {
  const question = { agent: agent.id, connection: 'tools', tool: 'lookup_order', args: { order: 'A-1' } }
  for (const direction of ['outbound', 'inbound']) {
    const { rulesEvaluated } = await admin('POST', 'policies/explain', { ...question, direction })
    must(
      rulesEvaluated >= RULES[direction],
      `${RULES[direction]} rules are asked ${direction}, not ${rulesEvaluated}`,
    )
  }
}

const RULES = { outbound: 100, inbound: 100 }

function must(holds, what) {
  if (!holds) throw new Error(`not everything is on: it does not hold that ${what}`)
}
