import type { AgentScene } from '../scene.ts'

const EMAIL = 'grace.hopper@navy.example'
const CARD = '4111 1111 1111 1111'

/** Personal data in the arguments is redacted before it leaves. */
export async function personalData({ agent, upstream, transcript, database }: AgentScene): Promise<void> {
  transcript.chapter('Personal data does not leave')
  const note = `Please call back ${EMAIL}, paid with ${CARD}.`
  const answer = await agent.call('add_note', { note })
  const arrived = JSON.stringify(upstream.seen.at(-1)?.args['note'])
  transcript.say(`the agent sent    "${note}"`)
  transcript.say(`the server got    ${arrived}`)
  transcript.check(
    'the call was answered',
    answer.kind === 'result' && upstream.seen.at(-1)?.tool === 'add_note',
  )
  transcript.check(
    'the e-mail address and the card number arrived redacted',
    !arrived.includes(EMAIL) && !arrived.includes('1111 1111') && arrived.includes('call back'),
  )
  transcript.check(
    'neither is in the records',
    !(await database.holds(EMAIL)) && !(await database.holds(CARD)),
  )
}
