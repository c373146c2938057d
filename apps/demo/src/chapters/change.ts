import { AgentView } from '@writ/contracts'
import type { AgentScene } from '../scene.ts'
import { until } from '../scene.ts'

/** An admin moves the agent to another access group: the same session obeys at its next call. */
export async function change({ agent, enrolled, demo, upstream, transcript }: AgentScene): Promise<void> {
  transcript.chapter('An admin changes their mind; the running session obeys')
  const before = await agent.call('lookup_order', { order: 'A-1043' })
  transcript.check('a call just before the change is allowed', before.kind === 'result')
  await demo.admin.send('PUT', `agents/${enrolled.id}/groups`, { groups: [demo.quarantine.id] }, AgentView)
  const { value, elapsedMs } = await until('the refusal', 10_000, async () => {
    const answer = await agent.call('lookup_order', { order: 'A-1044' })
    return answer.kind === 'error' ? answer : undefined
  })
  transcript.say(`moved to "quarantine" → error ${value.code}: ${value.message}`)
  transcript.check(
    `the same session is refused, ${elapsedMs.toFixed(0)} ms after the API answered`,
    value.code === -31_102,
  )
  const seen = upstream.seen.length
  await agent.call('lookup_order', { order: 'A-1045' })
  transcript.check('and the server hears nothing more of it', upstream.seen.length === seen)
}

/** The agent is revoked: it is nobody from now on. */
export async function revocation({ agent, enrolled, demo, transcript }: AgentScene): Promise<void> {
  transcript.chapter('The agent is revoked')
  const revoked = await demo.admin.send('POST', `agents/${enrolled.id}/revoke`, {}, AgentView)
  const { elapsedMs } = await until('the 401', 10_000, async () => {
    await agent.call('lookup_order', { order: 'A-1046' })
    return agent.exchanges.at(-1)?.status === 401 ? true : undefined
  })
  transcript.check(
    `its next request gets 401, ${elapsedMs.toFixed(0)} ms after the API answered`,
    revoked.status === 'revoked',
  )
}
