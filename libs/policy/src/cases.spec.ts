import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import type { Question, SessionState } from '@writ/contracts'
import {
  ActionClass,
  Channel,
  Direction,
  Duration,
  JsonObjectSchema,
  JsonSchema,
  Label,
  Outcome,
  PinStanding,
  PolicyDocument,
  secondsOf,
} from '@writ/contracts'
import { parse } from 'yaml'
import { z } from 'zod'
import { compilePolicies } from './compile.ts'
import type { CompiledPolicies, PolicySettings } from './compile.ts'
import { decide } from './decide.ts'
import { inspectNow } from './detectors/inspect.ts'
import {
  agentOf,
  group,
  groupOf,
  humanOf,
  NOW,
  policy,
  policyOf,
  question,
  session,
  ulid,
} from './given.suite.ts'
import { reserve } from './session/fold.ts'
import { TEMPLATES } from './templates.ts'
import { isVisible } from './visibility.ts'

/** What is asked; a past event of the session is told in the same words. */
const ACTION = {
  tool: z.string().nullable().default('push_files'),
  class: ActionClass.default('write.shared'),
  args: JsonObjectSchema.default({}),
}

/** Behaviour as data: neutral to the engine, so that every channel can run the same cases. */
const Case = z.strictObject({
  id: z.int().positive(),
  says: z.string().min(10),
  /** a policy document, or the name of a template; each attached to the caller's group unless `elsewhere` */
  policies: z.array(
    z.union([
      z.strictObject({ template: z.enum(['personal-data', 'prompt-injection']) }),
      PolicyDocument.omit({ writ: true }).extend({ elsewhere: z.boolean().default(false) }),
    ]),
  ),
  /** of the caller's group, and of a second group of the caller when there is one */
  defaults: z
    .array(z.enum(['allow', 'deny']))
    .min(1)
    .max(2)
    .default(['allow']),
  overrides: z
    .array(
      z.strictObject({
        rule: z.string(),
        principal: z.enum(['agent', 'human', 'group', 'stranger']).default('agent'),
        resource: z.string().default('*'),
        /** seconds from now */
        endsIn: z.int().default(60),
      }),
    )
    .default([]),
  question: z.strictObject({
    ...ACTION,
    method: z.string().default('tools/call'),
    /** that of a tool of the connection, unless it is said */
    resource: z.string().optional(),
    content: JsonSchema.optional(),
    /** content that is one text many times over, for what is too long to write down */
    repeated: z.strictObject({ text: z.string(), times: z.int() }).optional(),
    direction: Direction.default('outbound'),
    channel: Channel.default('gateway'),
    pin: PinStanding.default('approved'),
    annotations: JsonObjectSchema.default({}),
    trust: z.enum(['internal', 'external']).default('external'),
  }),
  /** what the session has done; null: its state is not at hand */
  session: z
    .strictObject({
      labels: z.array(Label).default([]),
      calls: z.int().default(0),
      denials: z.int().default(0),
      ageSeconds: z.int().default(60),
      history: z
        .array(
          z.strictObject({
            ...ACTION,
            ago: Duration,
            event: z.enum(['call', 'denial', 'approval']).default('call'),
          }),
        )
        .default([]),
    })
    .nullable()
    .prefault({}),
  protected: z.array(z.string()).default([]),
  want: z.strictObject({
    outcome: Outcome,
    /** rule ids in the order of the report; an errored one ends in `!`, an overridden one in `~` */
    rules: z.array(z.string()),
    signals: z.array(z.string()).optional(),
    /** what may pass, when it was modified */
    content: JsonSchema.optional(),
    byDefault: z.boolean().default(false),
    labels: z.array(Label).default([]),
    ask: z.strictObject({ ttlSeconds: z.int(), waitSeconds: z.int() }).optional(),
    /** whether the caller is shown the tool */
    visible: z.boolean().optional(),
  }),
})
type Case = z.infer<typeof Case>

const KEYS = { tenant: Buffer.alloc(32, 1), sessionId: `ses_${ulid(1)}` }
const folder = new URL('../cases/', import.meta.url)
const cases = readdirSync(folder)
  .sort()
  .flatMap((file) => z.array(Case).parse(parse(readFileSync(new URL(file, folder), 'utf8'), { merge: true })))

describe('the cases', () => {
  it('are numbered without gaps or repetition', () => {
    expect(cases.map((one) => one.id)).toEqual(cases.map((_, at) => at + 1))
  })

  it('are those that the normative page names, each at least once', () => {
    const page = readFileSync(new URL('../../../docs/policy-language.md', import.meta.url), 'utf8')
    const named = [...page.matchAll(/\[case ([\d, ]+)\]/g)].flatMap(([, list]) =>
      (list ?? '').split(',').map(Number),
    )
    expect(named.filter((id) => cases[id - 1] === undefined)).toEqual([])
    expect(cases.map(({ id }) => id).filter((id) => !named.includes(id))).toEqual([])
  })

  it.each(cases.map((one) => [one.id, one.says, one] as const))('%i: %s', (_id, _says, one) => {
    const compiled = compilePolicies(policiesOf(one), settingsOf(one))
    const asked = questionOf(one, compiled)
    const decision = decide(compiled, asked, {
      inspection: inspectNow(asked.content, {
        patterns: compiled.patterns,
        oversize: 'deny',
        knownSecrets: null,
      }),
      keys: KEYS,
      protectedPointers: one.protected,
    })
    const { outcome, rules, signals, content, byDefault, labels, ask, visible } = one.want
    const shown = decision.matches.map(
      (match) => `${match.rule}${match.errored ? '!' : ''}${match.overriddenBy === null ? '' : '~'}`,
    )
    expect({ ...decision, matches: shown }).toMatchObject({ outcome, matches: rules, byDefault, labels })
    expect(decision.modified).toBe(content !== undefined)
    if (content !== undefined) expect(decision.content).toEqual(content)
    if (signals !== undefined) expect(decision.signals).toEqual(signals)
    if (ask !== undefined) expect(decision.ask).toEqual(ask)
    if (visible !== undefined)
      expect(isVisible(compiled, { ...asked, args: {}, content: null })).toBe(visible)
  })
})

function policiesOf(one: Case) {
  return one.policies.map((source, number) => {
    if ('template' in source) {
      const document = TEMPLATES.find((template) => template.name === source.template)?.document
      return policy(document?.rules ?? [], { number })
    }
    const { rules, elsewhere, ...document } = source
    return policy(rules, { number, ...document, groups: [elsewhere ? 7 : 1] })
  })
}

const PRINCIPALS = { agent: agentOf(1), human: humanOf(1), group: groupOf(1), stranger: agentOf(9) }

function settingsOf({ defaults, overrides, policies }: Case): PolicySettings {
  return {
    groups: defaults.map((one, at) => group(at + 1, { default: one })),
    overrides: policies.flatMap((_, number) =>
      overrides.map(({ rule, principal, resource, endsIn }) => ({
        id: `ovr_${ulid(number)}` as const,
        policy: policyOf(number),
        rule,
        principal: PRINCIPALS[principal],
        resource,
        until: new Date(NOW + endsIn * 1000).toISOString(),
      })),
    ),
  }
}

function questionOf(one: Case, compiled: CompiledPolicies): Question {
  const {
    args,
    content: given,
    repeated,
    direction,
    channel,
    pin,
    annotations,
    trust,
    resource,
    ...action
  } = one.question
  const content = repeated === undefined ? given : repeated.text.repeat(repeated.times)
  const asked = question({
    args,
    direction,
    channel,
    tool: { pin, annotations },
    groups: one.defaults.map((_, at) => groupOf(at + 1)),
    ...(content === undefined ? {} : { content }),
  })
  const full = {
    ...asked,
    connection: { ...asked.connection, trust },
    action: { ...asked.action, ...action, resource: resource ?? `github/${action.tool ?? ''}` },
  }
  return { ...full, session: { ...asked.session, state: stateOf(one, full, compiled) } }
}

function stateOf({ session: past }: Case, asked: Question, compiled: CompiledPolicies): SessionState | null {
  if (past === null) return null
  const { labels, calls, denials, ageSeconds, history } = past
  const events = history.map(({ ago, event, args, ...action }) => ({
    kind: event,
    nowMs: NOW - secondsOf(ago) * 1000,
    action: { ...asked.action, ...action, resource: `github/${action.tool ?? ''}` },
    connection: asked.connection,
    args,
    keys: KEYS,
  }))
  const start = session({ startedAtMs: NOW - ageSeconds * 1000 })
  const state = events.reduce((before, event) => reserve(before, compiled.session, event), start)
  return { ...state, labels, calls: calls + state.calls, denials: denials + state.denials }
}
