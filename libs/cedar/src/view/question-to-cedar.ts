import type { CedarValueJson, EntityJson } from '@cedar-policy/cedar-wasm/nodejs'
import type { PrincipalFacts, Question } from '@writ/contracts'
import { RESERVED } from '../lower/membership.ts'
import { cedarRecordOf, cedarValueOf } from './values.ts'

/** A question, with what the detectors saw in its content. */
export type Asked = { readonly question: Question; readonly signals: readonly string[] }

type EntityId = { readonly type: string; readonly id: string }

/** One request as Cedar sees it. */
export type CedarRequest = {
  readonly principal: EntityId
  readonly action: EntityId
  readonly resource: EntityId
  readonly context: Record<string, CedarValueJson>
  readonly entities: EntityJson[]
}

/**
 * The Cedar view of a question: the principal is the agent in its groups, the human stands in the context, an outbound action is
 * `Action::"<connection>/<tool>"` in `Action::"class/<class>"`, and whatever comes back is `Action::"receive"`.
 * @returns null where the question holds what Cedar cannot say: null, a fraction, a number beyond 2^53, half a character, a session
 *   whose state cannot be had, or a connection named as a group of actions is
 */
export function questionToCedar({ question, signals }: Asked): CedarRequest | null {
  const { agent, human, action, connection } = question
  const context = contextOf(question, signals)
  if (context === null || RESERVED.has(connection.name)) return null
  const [principal, doer] = [uid('Agent', agent.id), actionOf(question)]
  const resource = uid('Resource', action.resource)
  const entities = [
    person(principal, agent),
    person(uid('Human', human.id), human),
    entity(doer, {}, question.direction === 'inbound' ? [] : [uid('Action', `class/${action.class}`)]),
    entity(resource, { id: action.resource, trust: connection.trust }, []),
  ]
  const isSayable = cedarValueOf(
    entities.map(({ uid: name, attrs }) => [JSON.stringify(name), JSON.stringify(attrs)]),
  )
  return isSayable === undefined ? null : { principal, action: doer, resource, context, entities }
}

const uid = (type: string, id: string): EntityId => ({ type, id })

function actionOf({ direction, connection, action }: Question): EntityId {
  if (direction === 'inbound') return uid('Action', 'receive')
  return uid('Action', action.tool === null ? `method/${action.method}` : `${connection.name}/${action.tool}`)
}

function entity(name: EntityId, attrs: EntityJson['attrs'], parents: readonly EntityId[]): EntityJson {
  return { uid: name, attrs, parents: [...parents] }
}

const person = (name: EntityId, { id, name: called, groups }: PrincipalFacts): EntityJson =>
  entity(
    name,
    { id, name: called, groups: [...groups] },
    groups.map((group) => uid('Group', group)),
  )

function contextOf(question: Question, signals: readonly string[]): Record<string, CedarValueJson> | null {
  const { human, chain, session, connection, tool, action, direction, channel, args } = question
  if (session.state === null) return null
  const { labels, calls, denials } = session.state
  const said = cedarRecordOf({
    chain: {
      ids: chain.map(({ id }) => id),
      names: chain.map(({ name }) => name),
      groups: chain.flatMap(({ groups }) => groups),
    },
    session: { id: session.id, labels, calls, denials },
    connection: { id: connection.id, name: connection.name, trust: connection.trust },
    tool: { pin: tool.pin, annotations: tool.annotations },
    action: {
      method: action.method,
      ...(action.tool === null ? {} : { tool: action.tool }),
      class: action.class,
      classSource: action.classSource,
    },
    direction,
    channel,
    args,
    signals,
  })
  if (said === undefined) return null
  return { ...said, human: { __entity: uid('Human', human.id) } }
}
