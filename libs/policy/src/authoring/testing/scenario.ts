import type {
  AccessGroupId,
  Action,
  BundlePolicy,
  Json,
  JsonObject,
  PolicyDocument,
  PolicyTest,
  PrincipalFacts,
  Question,
  SessionState,
  TestEvent,
} from '@writ/contracts'
import type { ContentKeys } from '../../modify/content-keys.ts'

/** What a test leaves to the classifier: what a message would do. */
export type ClassOf = (message: {
  readonly method: string
  readonly named: string | null
  readonly connectionName: string
  readonly args: JsonObject
}) => Action

/** The one group of a test's world: every policy that is tested is attached to it. */
export const TEST_GROUP: AccessGroupId = `grp_${'0'.repeat(26)}`

const numbered = (number: number): string => String(number).padStart(26, '0')
const AGENT_ID = `agt_${numbered(1)}`
const HUMAN_ID = `hum_${numbered(1)}`
const SESSION_ID = `ses_${numbered(1)}`

/** Fixed, so that a hash or a token in an expectation is the same everywhere; never the keys of a tenant. */
export const TEST_KEYS: ContentKeys = { tenant: new Uint8Array(32), sessionId: SESSION_ID }

/** Members of a call that choose what happens upstream; a gateway protects those of other messages, too. */
export const PROTECTED_POINTERS: readonly string[] = ['/name', '/uri']

export const policyOf = (document: PolicyDocument, at: number): BundlePolicy => ({
  id: `pol_${numbered(at)}`,
  name: document.title ?? `policy ${at + 1}`,
  version: 1,
  groups: [TEST_GROUP],
  document,
})

type Asking = {
  readonly test: PolicyTest
  readonly classOf: ClassOf
  readonly state: SessionState | null
  readonly nowMs: number
}

/** The question that the case is about. */
export function questionOf({ test, ...asking }: Asking): Question {
  const { direction, channel, trust, pin, content, ...asked } = test.call
  const question = outboundQuestion({ test, ...asking }, asked)
  return {
    ...question,
    direction,
    channel,
    connection: { ...question.connection, trust },
    tool: { pin, annotations: {} },
    content: content ?? (direction === 'outbound' ? question.content : null),
  }
}

/** A call as a past event tells of it, on its way out. */
export function outboundQuestion(asking: Asking, call: Call): Question {
  const { test, classOf, state, nowMs } = asking
  const agent = principalOf(test.agent, AGENT_ID)
  const human = principalOf(test.human, HUMAN_ID)
  return {
    agent,
    human,
    chain: [human, agent],
    session: { id: SESSION_ID, state },
    connection: { id: `con_${numbered(1)}`, name: call.connection, trust: test.call.trust },
    tool: { pin: 'unknown', annotations: {} },
    groups: [TEST_GROUP],
    action: actionOf(call, classOf),
    channel: test.call.channel,
    direction: 'outbound',
    args: call.args,
    content: paramsOf(call),
    nowMs,
  }
}

/** The part of an event or a call that says what is done. */
export type Call = Pick<PolicyTest['call'], 'method' | 'connection' | 'args'> & {
  readonly tool?: string | undefined
  readonly class?: Action['class'] | undefined
}

const NAMED_MEMBERS = new Set('tool method connection class args outcome at ago result labels'.split(' '))

/** `{ tool: refund, amount: 20 }`: members that an event does not know are arguments. */
export function callOf(event: TestEvent): Call {
  const { tool, method, connection, args } = event
  const loose = Object.entries(event).filter(([name]) => !NAMED_MEMBERS.has(name))
  return { tool, method, connection, class: event.class, args: { ...jsonOf(loose), ...args } }
}

/** What a loose member holds came out of YAML or JSON, so it is JSON. */
const jsonOf = (entries: readonly [string, unknown][]): JsonObject =>
  JSON.parse(JSON.stringify(Object.fromEntries(entries)))

function actionOf({ method, tool, connection, args, class: given }: Call, classOf: ClassOf): Action {
  const action = classOf({ method, named: tool ?? null, connectionName: connection, args })
  return given === undefined ? action : { ...action, class: given, classSource: 'admin' }
}

/** The params of the message, as a gateway would inspect them. */
export function paramsOf({ method, tool, args }: Call): Json {
  if (tool === undefined) return args
  return method.startsWith('resources/') ? { uri: tool } : { name: tool, arguments: args }
}

function principalOf(given: PolicyTest['agent'], id: string): PrincipalFacts {
  if (typeof given === 'string') return { id, name: given, groups: [TEST_GROUP] }
  return { id, name: given.name, groups: [TEST_GROUP, ...given.groups] }
}
