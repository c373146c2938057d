import type { Understood } from '@writ/actions'
import { understand } from '@writ/actions'
import type { Json, LocalAction } from '@writ/contracts'
import type { HookAnswer, HookAsk } from '@writ/enforcement'
import { mediateHook } from '@writ/enforcement'
import type { HookEvent, HookVerdict } from '@writ/hooks'
import { canAsk } from '@writ/hooks'
import type { HookDeskPorts } from './desk-ports.ts'
import { ALLOWED, denied, placeOf } from './desk-ports.ts'
import { newId } from './moment.ts'
import { PROMPT, readsOf } from './prompt.ts'
import { rewritten } from './rewritten.ts'
import type { Change } from './rewritten.ts'
import { reasonOf, strictest } from './verdict.ts'

/** What is to be done about an event: its strictest answer, of each of its actions. */
export async function verdictOnEvent(
  event: HookEvent,
  payload: Uint8Array,
  hangUp: AbortSignal,
  ports: HookDeskPorts,
): Promise<HookVerdict> {
  const name = `${event.client}/${event.conversation ?? ''}`
  const { moment, cwd } = event
  if (moment === 'conversation.start') {
    if (ports.conversations.began(name, cwd)) ports.begin()
    return ALLOWED
  }
  if (moment === 'conversation.end') {
    ports.conversations.ended(name)
    return ALLOWED
  }
  const asking = { event, payload, hangUp, root: ports.conversations.seen(name, cwd) }
  const answered: Answered[] = []
  for (const subject of subjectsOf(asking, ports))
    answered.push({ subject, answer: await mediated(subject, asking, ports) })
  return verdictOf(answered, event)
}

type Asking = {
  readonly event: HookEvent
  readonly payload: Uint8Array
  readonly hangUp: AbortSignal
  /** where the conversation began: its workspace, where its client names none */
  readonly root: string | null
}

type Subject = {
  readonly moment: HookAsk['moment']
  readonly understood: Understood
  readonly content: Json
  readonly server: string | null
}

type Answered = { readonly subject: Subject; readonly answer: HookAnswer }

/** What is asked about: each action by itself; a prompt is one too. */
function subjectsOf({ event, root }: Asking, ports: HookDeskPorts): readonly Subject[] {
  const told = placeOf(event, root, ports.userHome)
  const place = ports.workspaces === null ? told : { ...told, workspaces: ports.workspaces }
  const world = ports.world()
  const { moment, prompt } = event
  const actions = moment === 'prompt' ? readsOf(prompt ?? '', place) : event.actions
  const subjects = actions.map((action): Subject => {
    const understood = understand(action, place, world)
    const content = moment === 'after' ? event.result : understood.content
    return { moment: moment === 'after' ? 'after' : 'before', understood, content, server: serverOf(action) }
  })
  const written: Subject = { moment: 'prompt', understood: PROMPT, content: prompt, server: null }
  return moment === 'prompt' ? [written, ...subjects] : subjects
}

const serverOf = (action: LocalAction): string | null => (action.kind === 'mcp.call' ? action.server : null)

function mediated(
  { moment, understood, content, server }: Subject,
  { event, payload, hangUp }: Asking,
  { steps, ledger, clock }: HookDeskPorts,
): Promise<HookAnswer> {
  const { client, conversation, toolUse, tool } = event
  const ask: HookAsk = {
    decisionId: newId('dec'),
    body: payload,
    atMs: clock.nowMs(),
    hangUp,
    moment,
    understood,
    content,
    told: { client, conversation, toolUse, tool },
    server,
    canAsk: canAsk(event),
  }
  return mediateHook(ask, steps, ledger, clock)
}

/** The strictest answer stands; what several of them change is changed together. */
function verdictOf(answered: readonly Answered[], event: HookEvent): HookVerdict {
  const answer = strictest(answered.map((one) => one.answer))
  if (answer === null) return denied('the event tells of no action')
  const { outcome, decisionId, approval } = answer
  const changes = answered.flatMap(changeOf)
  if (outcome === 'ask' && changes.length > 0)
    return denied(
      'policy asks about this action as it would change it, which this client cannot show',
      decisionId,
    )
  if (outcome !== 'allow') return { outcome, reason: reasonOf(answer), decisionId, approval, modified: null }
  const modified = rewritten(changes, event)
  if (modified === 'impossible')
    return denied('policy changes this action, and the change does not fit into it', decisionId)
  return { outcome, reason: '', decisionId, approval: null, modified }
}

const changeOf = ({ subject, answer }: Answered): readonly Change[] =>
  answer.changed === null ? [] : [{ from: subject.content, to: answer.changed }]
