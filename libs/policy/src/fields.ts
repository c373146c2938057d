import { ActionClass, ActionClassSource, Channel, Direction, PinStanding } from '@writ/contracts'
import type { Question } from '@writ/contracts'
import { hostsOf } from './destinations.ts'
import { READS, READS_NOTHING } from './facts.ts'
import type { Facts, Reader } from './facts.ts'
import { NO_STATE } from './no-state.ts'
import { contactAt, provenanceOfDestination } from './provenance.ts'
import { RuleFault } from './rule-fault.ts'

/** A value that always has the same path, and the parts of the question that reading it takes. */
export type Field = { readonly reads: number; readonly read: Reader }

/** What is read against the memory of the session. */
export const REMEMBERED = READS.resource | READS.args | READS.session | READS.keys

/** Every path that is no free tree; the paths below `args`, `provenance`, `content` and `tool.annotations` are free. */
export const FIELDS: ReadonlyMap<string, Field> = new Map<string, Field>([
  ['agent.id', of(READS.caller, ({ question }) => question.agent.id)],
  ['agent.name', of(READS.caller, ({ question }) => question.agent.name)],
  ['agent.groups', of(READS.caller, ({ question }) => question.agent.groups)],
  ['human.id', of(READS.caller, ({ question }) => question.human.id)],
  ['human.name', of(READS.caller, ({ question }) => question.human.name)],
  ['human.groups', of(READS.caller, ({ question }) => question.human.groups)],
  ['chain.ids', of(READS.caller, ({ question }) => question.chain.map(({ id }) => id))],
  ['chain.names', of(READS.caller, ({ question }) => question.chain.map(({ name }) => name))],
  ['chain.groups', of(READS.caller, ({ question }) => groupsOf(question))],
  ['session.id', of(READS.caller, ({ question }) => question.session.id)],
  ['session.labels', of(READS.session, ({ question }) => question.session.state?.labels ?? NO_STATE)],
  ['session.calls', of(READS.session, ({ question }) => question.session.state?.calls ?? NO_STATE)],
  ['session.denials', of(READS.session, ({ question }) => question.session.state?.denials ?? NO_STATE)],
  ['session.ageSeconds', of(READS.session | READS.clock, ({ question }) => ageSeconds(question))],
  ['connection.id', of(READS_NOTHING, ({ question }) => question.connection.id)],
  ['connection.name', of(READS_NOTHING, ({ question }) => question.connection.name)],
  ['connection.trust', of(READS_NOTHING, ({ question }) => question.connection.trust)],
  ['action.method', of(READS_NOTHING, ({ question }) => question.action.method)],
  ['action.tool', of(READS_NOTHING, ({ question }) => question.action.tool)],
  ['action.class', of(READS_NOTHING, ({ question }) => question.action.class)],
  ['action.classSource', of(READS_NOTHING, ({ question }) => question.action.classSource)],
  ['tool.pin', of(READS.resource | READS.session, ({ question }) => question.tool.pin)],
  ['resource.id', of(READS.resource, ({ question }) => question.action.resource)],
  ['resource.host', of(READS.resource | READS.args, ({ question }) => firstHost(question))],
  ['resource.hosts', of(READS.resource | READS.args, ({ question }) => allHosts(question))],
  ['resource.contact', of(REMEMBERED, contactAt)],
  ['resource.provenance', of(REMEMBERED, provenanceOfDestination)],
  ['channel', of(READS_NOTHING, ({ question }) => question.channel)],
  ['direction', of(READS_NOTHING, ({ question }) => question.direction)],
  ['content.signals', of(READS.signals, ({ signals }) => plainOf(signals))],
  ['env.now', of(READS.clock, ({ question }) => new Date(question.nowMs).toISOString())],
])

/** Where only certain words can stand, these are the words; those of `content.signals` and `provenance` are added where they are asked for. */
export const WORDS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['action.class', ActionClass.options],
  ['action.classSource', ActionClassSource.options],
  ['channel', Channel.options],
  ['direction', Direction.options],
  ['tool.pin', PinStanding.options],
  ['resource.contact', ['known', 'first']],
  ['connection.trust', ['internal', 'external']],
])

function of(reads: number, read: Reader): Field {
  return { reads, read }
}

const groupsOf = ({ chain }: Question): readonly string[] => [
  ...new Set(chain.flatMap(({ groups }) => groups)),
]

function ageSeconds({ session: { state }, nowMs }: Question): number | RuleFault {
  return state === null ? NO_STATE : Math.max(0, Math.floor((nowMs - state.startedAtMs) / 1000))
}

const allHosts = ({ action, args }: Question): readonly string[] | RuleFault => hostsOf(action.resource, args)

function firstHost(question: Question): ReturnType<Reader> {
  const hosts = allHosts(question)
  return hosts instanceof RuleFault ? hosts : hosts[0]
}

const plainOf = (signals: Facts['signals']): readonly string[] | RuleFault =>
  signals instanceof RuleFault ? signals : signals.plain
