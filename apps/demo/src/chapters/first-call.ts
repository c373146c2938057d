import type { AgentScene } from '../scene.ts'

/** The first call, with a credential that the agent never sees. */
export async function firstCall({
  agent,
  upstream,
  secret,
  transcript,
  database,
}: AgentScene): Promise<void> {
  transcript.chapter('It calls a tool; the gateway lends the credential')
  const answer = await agent.call('lookup_order', { order: 'A-1042' })
  transcript.say(`lookup_order { order: "A-1042" } → ${textOf(answer)}`)
  transcript.check('the agent got the answer', answer.kind === 'result' && answer.text.includes('two lamps'))
  const seen = upstream.seen.at(-1)
  transcript.check(
    `the server received the API key that it demands (x-api-key: ${secret.slice(0, 8)}…)`,
    seen?.headers['x-api-key'] === secret,
  )
  transcript.check(
    "the server received neither the agent's token nor its proof",
    !seen?.headers.authorization && !seen?.headers['dpop'],
  )

  const echoed = await agent.call('show_request_headers', {})
  transcript.say(`show_request_headers {} → ${excerpt(textOf(echoed))}`)
  transcript.check(
    'a tool that echoes its headers shows the key masked',
    textOf(echoed).includes('[credential]') && !textOf(echoed).includes(secret),
  )
  const wire = await Promise.all(
    agent.exchanges.map(async ({ request, response }) => request + (await response)),
  )
  transcript.check(
    `the key is in none of the ${wire.length} requests and answers of the agent`,
    wire.every((bytes) => !bytes.includes(secret)),
  )
  transcript.check('the key is nowhere in the database in the clear', !(await database.holds(secret)))
}

const textOf = (answer: { kind: string; text?: string; message?: string }): string =>
  answer.text ?? answer.message ?? ''

function excerpt(text: string): string {
  const at = text.indexOf('x-api-key')
  return at < 0 ? text.slice(0, 80) : `… ${text.slice(at, at + 44).replaceAll('\\', '')} …`
}
