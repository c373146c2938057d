import { ActionClass, ActionClassSource, Channel, Direction, PinStanding } from '@writ/contracts'
import { SIGNALS } from '@writ/policy'
import type { Field, Subject, Term } from '../lower/term.ts'

const text = (path: string, words?: readonly string[]): Field => ({
  is: 'field',
  type: 'text',
  path,
  ...(words === undefined ? {} : { words }),
})
const texts = (path: string): Field => ({ is: 'field', type: 'texts', path })
const long = (path: string): Field => ({ is: 'field', type: 'long', path })
const tree = (path: string): Field => ({ is: 'field', type: 'tree', path })
const record = (members: Readonly<Record<string, Term>>): Term => ({
  is: 'record',
  members: new Map(Object.entries(members)),
  given: true,
})

const TRUST = ['internal', 'external']

/** The attributes that the entities of a request have in Cedar, and where each stands in the question. */
export const ATTRIBUTES: Readonly<Record<Subject, ReadonlyMap<string, Term>>> = {
  principal: new Map([
    ['id', text('agent.id')],
    ['name', text('agent.name')],
    ['groups', texts('agent.groups')],
  ]),
  human: new Map([
    ['id', text('human.id')],
    ['name', text('human.name')],
    ['groups', texts('human.groups')],
  ]),
  resource: new Map([
    ['id', text('resource.id')],
    ['trust', text('connection.trust', TRUST)],
  ]),
  action: new Map(),
}

/** The context that a request has in Cedar: the same parts as `contextOf` makes of a question. */
export const CONTEXT: Term = record({
  human: { is: 'subject', subject: 'human' },
  chain: record({ ids: texts('chain.ids'), names: texts('chain.names'), groups: texts('chain.groups') }),
  session: record({
    id: text('session.id'),
    labels: texts('session.labels'),
    calls: long('session.calls'),
    denials: long('session.denials'),
  }),
  connection: record({
    id: text('connection.id'),
    name: text('connection.name'),
    trust: text('connection.trust', TRUST),
  }),
  tool: record({ pin: text('tool.pin', PinStanding.options), annotations: tree('tool.annotations') }),
  action: record({
    method: text('action.method'),
    tool: { ...text('action.tool'), optional: true },
    class: text('action.class', ActionClass.options),
    classSource: text('action.classSource', ActionClassSource.options),
  }),
  direction: text('direction', Direction.options),
  channel: text('channel', Channel.options),
  args: tree('args'),
  signals: { ...texts('content.signals'), words: SIGNALS },
})
