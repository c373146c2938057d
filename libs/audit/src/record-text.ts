import type { RecordedDecision, RuleMatch } from '@writ/contracts'
import { AuditRecord } from '@writ/contracts'
import type { Form, Writer } from './writer.ts'
import { writerOf } from './writer.ts'

/** Canonical text of a record. @throws when it does not fit the schema */
export const writeRecord = (record: unknown): string => textByName(record) ?? writeAny(record)

/**
 * The text of a record as calls leave it, whose members are written by the names that stand below: that costs half of asking the schema for
 * them. Each value is checked by its own part of the schema.
 * @returns null when a value does not pass, or there are other members: the schema as a whole then says what it is
 */
export function textByName(record: unknown): string | null {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is no record throws here
    return recordText(record as AuditRecord)
  } catch {
    return null
  }
}

function recordText(record: AuditRecord): string {
  const text =
    `{"action":${actionText(record.action)}` +
    `,"administration":${OF.administration(record.administration)}` +
    `,"agent":${agentText(record.agent)}` +
    added(',"ancestors":', OF.ancestors, record.ancestors) +
    added(',"applied":', OF.applied, record.applied) +
    `,"at":${OF.at(record.at)}` +
    `,"bundle":${bundleText(record.bundle)}` +
    `,"channel":${OF.channel(record.channel)}` +
    `,"connection":${connectionText(record.connection)}` +
    `,"credential":${credentialText(record.credential)}` +
    `,"decisionId":${OF.decisionId(record.decisionId)}` +
    `,"delegators":${OF.delegators(record.delegators)}` +
    `,"durationMicros":${OF.durationMicros(record.durationMicros)}` +
    added(',"erasure":', OF.erasure, record.erasure) +
    `,"finding":${OF.finding(record.finding)}` +
    added(',"flags":', OF.flags, record.flags) +
    added(',"gap":', OF.gap, record.gap) +
    `,"gateway":${gatewayText(record.gateway)}` +
    `,"human":${humanText(record.human)}` +
    `,"inbound":${decisionText(record.inbound)}` +
    `,"keyThumbprint":${OF.keyThumbprint(record.keyThumbprint)}` +
    `,"kind":${OF.kind(record.kind)}` +
    `,"local":${OF.local(record.local)}` +
    added(',"lost":', OF.lost, record.lost) +
    `,"outbound":${decisionText(record.outbound)}` +
    `,"outcome":${OF.outcome(record.outcome)}` +
    added(',"parent":', OF.parent, record.parent) +
    `,"prev":${OF.prev(record.prev)}` +
    `,"refusal":${OF.refusal(record.refusal)}` +
    `,"request":${requestText(record.request)}` +
    `,"response":${responseText(record.response)}` +
    `,"seq":${OF.seq(record.seq)}` +
    `,"session":${OF.session(record.session)}` +
    `,"stream":${OF.stream(record.stream)}` +
    `,"tenant":${OF.tenant(record.tenant)}` +
    added(',"trace":', OF.trace, record.trace) +
    `,"v":${OF.v(record.v)}}`
  return whole(record, 29 + optionalIn(record), text)
}

/** By their names, each looked up where it stands: a list of them, looked up by one line, costs ten times as much. */
const optionalIn = (record: AuditRecord): number =>
  Number('ancestors' in record) +
  Number('applied' in record) +
  Number('erasure' in record) +
  Number('flags' in record) +
  Number('gap' in record) +
  Number('lost' in record) +
  Number('parent' in record) +
  Number('trace' in record)

const added = (label: string, write: Writer, member: unknown): string =>
  member === undefined ? '' : label + write(member)

const actionText = (action: AuditRecord['action']): string =>
  action === null
    ? 'null'
    : whole(
        action,
        5,
        `{"class":${ACTION.class(action.class)},"classSource":${ACTION.classSource(action.classSource)}` +
          `,"method":${ACTION.method(action.method)},"resource":${ACTION.resource(action.resource)}` +
          `,"tool":${ACTION.tool(action.tool)}}`,
      )

const agentText = (agent: AuditRecord['agent']): string =>
  agent === null ? 'null' : whole(agent, 2, `{"id":${AGENT.id(agent.id)},"name":${AGENT.name(agent.name)}}`)

const bundleText = (bundle: AuditRecord['bundle']): string =>
  bundle === null
    ? 'null'
    : whole(
        bundle,
        2,
        `{"sha256":${BUNDLE.sha256(bundle.sha256)},"version":${BUNDLE.version(bundle.version)}}`,
      )

const connectionText = (connection: AuditRecord['connection']): string =>
  connection === null
    ? 'null'
    : whole(
        connection,
        2,
        `{"id":${CONNECTION.id(connection.id)},"name":${CONNECTION.name(connection.name)}}`,
      )

const credentialText = (credential: AuditRecord['credential']): string =>
  credential === null
    ? 'null'
    : whole(
        credential,
        2,
        `{"connection":${CREDENTIAL.connection(credential.connection)},"version":${CREDENTIAL.version(credential.version)}}`,
      )

const gatewayText = (gateway: AuditRecord['gateway']): string =>
  whole(gateway, 2, `{"build":${GATEWAY.build(gateway.build)},"node":${GATEWAY.node(gateway.node)}}`)

const humanText = (human: AuditRecord['human']): string =>
  human === null ? 'null' : whole(human, 2, `{"id":${HUMAN.id(human.id)},"name":${HUMAN.name(human.name)}}`)

const decisionText = (decision: RecordedDecision | null): string =>
  decision === null
    ? 'null'
    : whole(
        decision,
        8,
        `{"approval":${DECISION.approval(decision.approval)},"byDefault":${DECISION.byDefault(decision.byDefault)}` +
          `,"hidden":${DECISION.hidden(decision.hidden)},"labels":${DECISION.labels(decision.labels)}` +
          `,"matches":${matchesText(decision.matches)},"modified":${DECISION.modified(decision.modified)}` +
          `,"outcome":${DECISION.outcome(decision.outcome)},"signals":${DECISION.signals(decision.signals)}}`,
      )

function matchesText(matches: readonly RuleMatch[]): string {
  if (!Array.isArray(matches)) throw new TypeError('the matches are no list')
  let text = '['
  for (const match of matches) text += (text === '[' ? '' : ',') + matchText(match)
  return `${text}]`
}

const matchText = (match: RuleMatch): string =>
  whole(
    match,
    9,
    `{"effect":${MATCH.effect(match.effect)},"errored":${MATCH.errored(match.errored)}` +
      `,"mode":${MATCH.mode(match.mode)},"overriddenBy":${MATCH.overriddenBy(match.overriddenBy)}` +
      `,"policy":${MATCH.policy(match.policy)},"policyName":${MATCH.policyName(match.policyName)}` +
      `,"policyVersion":${MATCH.policyVersion(match.policyVersion)},"reason":${MATCH.reason(match.reason)}` +
      `,"rule":${MATCH.rule(match.rule)}}`,
  )

const requestText = (request: AuditRecord['request']): string =>
  request === null
    ? 'null'
    : whole(
        request,
        'excerpt' in request ? 3 : 2,
        `{${first('"excerpt":', REQUEST.excerpt, request.excerpt)}"sha256":${REQUEST.sha256(request.sha256)}` +
          `,"sizeBytes":${REQUEST.sizeBytes(request.sizeBytes)}}`,
      )

const responseText = (response: AuditRecord['response']): string =>
  response === null
    ? 'null'
    : whole(
        response,
        'excerpt' in response ? 4 : 3,
        `{${first('"excerpt":', RESPONSE.excerpt, response.excerpt)}"sha256":${RESPONSE.sha256(response.sha256)}` +
          `,"sizeBytes":${RESPONSE.sizeBytes(response.sizeBytes)},"status":${RESPONSE.status(response.status)}}`,
      )

const first = (label: string, write: Writer, member: unknown): string =>
  member === undefined ? '' : `${label}${write(member)},`

/** A text that says all there is. */
function whole(value: object, members: number, text: string): string {
  let count = 0
  // counted, and not listed: a list for each object of each record would be a tenth of all that a call leaves behind in memory
  // oxlint-disable-next-line guard-for-in -- what is inherited is one member too many, and the schema then decides
  for (const _ in value) count += 1
  if (count !== members) throw new TypeError('there are other members')
  return text
}

type Writers<Names extends string> = { readonly [Name in Names]: Writer }

/** A writer for each member, as if it had to be there: what may be missing, or is something else then, is seen to above or by the whole schema. */
const writersOf = <Names extends string>(shape: Readonly<Record<Names, Form>>): Writers<Names> =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same names
  Object.fromEntries(
    Object.entries<Form>(shape).map(([name, form]) => [name, writerOf(presentForm(form))]),
  ) as Writers<Names>

const presentForm = (form: Form): Form =>
  (form.def.type === 'optional' || form.def.type === 'default') && form.def.innerType
    ? presentForm(form.def.innerType)
    : form

const writeAny = writerOf(AuditRecord)
const { shape } = AuditRecord
const OF = writersOf(shape)
const ACTION = writersOf(shape.action.unwrap().shape)
const AGENT = writersOf(shape.agent.unwrap().shape)
const BUNDLE = writersOf(shape.bundle.unwrap().shape)
const CONNECTION = writersOf(shape.connection.unwrap().shape)
const CREDENTIAL = writersOf(shape.credential.unwrap().shape)
const DECISION = writersOf(shape.outbound.unwrap().shape)
const GATEWAY = writersOf(shape.gateway.shape)
const HUMAN = writersOf(shape.human.unwrap().shape)
const MATCH = writersOf(shape.outbound.unwrap().shape.matches.element.shape)
const REQUEST = writersOf(shape.request.unwrap().shape)
const RESPONSE = writersOf(shape.response.unwrap().shape)
