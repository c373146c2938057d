import { describe, expect, it } from '@jest/globals'
import { AuditRecord, PolicyDocument } from '@writ/contracts'
import type { BundlePolicy, Outcome, RuleMatch } from '@writ/contracts'
import { replayPolicy } from './replay-policy.ts'
import type { Draft, ReplayWorld } from './world.ts'
import { RECORDS_ALONE } from './world.ts'

const ulid = (number: number): string => String(number).padStart(26, '0')
const POLICY = `pol_${ulid(1)}` as const
const OTHER = `pol_${ulid(2)}` as const
const GROUP = `grp_${ulid(1)}` as const
const AGENT = `agt_${ulid(1)}` as const
const HUMAN = `hum_${ulid(1)}` as const

const match = (more: Partial<RuleMatch>): RuleMatch => ({
  policy: POLICY,
  policyName: 'mail',
  policyVersion: 1,
  rule: 'a',
  effect: 'deny',
  mode: 'enforce',
  reason: 'no',
  errored: false,
  overriddenBy: null,
  ...more,
})

type Told = { readonly tool?: string; readonly outcome?: Outcome; readonly matches?: readonly RuleMatch[] }
const decision = ({ outcome = 'allow', matches = [] }: Told, more: object = {}) => ({
  outcome,
  matches,
  signals: [],
  modified: false,
  ...more,
})

const record = (told: Told = {}, more: object = {}): AuditRecord =>
  AuditRecord.parse({
    v: 'writ.record.v1',
    kind: 'closed',
    decisionId: `dec_${ulid(1)}`,
    tenant: `ten_${ulid(1)}`,
    stream: `nod_${ulid(1)}:boo_${ulid(1)}:ten_${ulid(1)}`,
    seq: 0,
    prev: '0'.repeat(64),
    at: '2026-01-02T00:00:00.000Z',
    channel: 'gateway',
    human: { id: HUMAN, name: 'ana' },
    agent: { id: AGENT, name: 'claude' },
    session: `ses_${ulid(1)}`,
    keyThumbprint: null,
    connection: { id: `con_${ulid(1)}`, name: 'mail' },
    action: {
      method: 'tools/call',
      tool: told.tool ?? 'send_mail',
      class: 'sink.external',
      classSource: 'inferred',
      resource: `mail/${told.tool ?? 'send_mail'}`,
    },
    outcome: told.outcome ?? 'allow',
    refusal: null,
    outbound: decision(told),
    inbound: null,
    bundle: null,
    credential: null,
    request: null,
    response: null,
    durationMicros: 1,
    gateway: { node: `nod_${ulid(1)}`, build: '1' },
    ...more,
  })

const rule = (when: object, more: object = {}) => ({ id: 'a', effect: 'deny', reason: 'no', when, ...more })
const documentOf = (...rules: object[]): PolicyDocument => PolicyDocument.parse({ writ: 1, rules })
const draftOf = (document: PolicyDocument, more: Partial<Draft> = {}): Draft => ({
  document,
  name: 'draft',
  replaces: null,
  groups: null,
  ...more,
})
const toolIs = (value: string) => ({ path: 'action.tool', op: 'eq', value })
const counts = (
  document: PolicyDocument,
  records: readonly AuditRecord[],
  draft: Partial<Draft> = {},
  world: Partial<ReplayWorld> = {},
) => {
  const { loses, gains, cannotTell, unchanged } = replayPolicy(draftOf(document, draft), records, {
    current: { ...RECORDS_ALONE, ...world },
  })
  return { loses, gains, cannotTell, unchanged }
}
const none = { loses: 0, gains: 0, cannotTell: 0, unchanged: 0 }

const allowing = (when: object) => documentOf(rule(when, { effect: 'allow' }))

describe('the replay of a draft', () => {
  it('tells who would lose what', () => {
    const records = [record(), record({ tool: 'list_mail' }), record()]
    const report = replayPolicy(draftOf(documentOf(rule(toolIs('send_mail')))), records)
    expect(report).toMatchObject({ decisions: 3, unchanged: 1, loses: 2, gains: 0, cannotTell: 0 })
    expect(report.byTool).toEqual([{ name: 'mail/send_mail', loses: 2, gains: 0, cannotTell: 0 }])
    expect(report.byAgent).toEqual([{ name: 'claude', loses: 2, gains: 0, cannotTell: 0 }])
    expect(report.byHuman).toEqual([{ name: 'ana', loses: 2, gains: 0, cannotTell: 0 }])
    expect(report.changes[0]).toMatchObject({ kind: 'loses', before: 'allow', after: ['deny'], rules: ['a'] })
  })

  it('tells who would gain where the policy that it replaces had denied', () => {
    const denied = record({ outcome: 'deny', matches: [match({})] })
    const milder = documentOf(rule(toolIs('send_mail'), { effect: 'ask' }))
    expect(counts(milder, [denied], { replaces: POLICY })).toEqual({ ...none, gains: 1 })
    expect(counts(milder, [denied])).toEqual({ ...none, unchanged: 1 })
  })

  it('lets what other policies said stand', () => {
    const denied = record({ outcome: 'deny', matches: [match({}), match({ policy: OTHER })] })
    expect(counts(documentOf(rule(toolIs('x'))), [denied], { replaces: POLICY })).toEqual({
      ...none,
      unchanged: 1,
    })
    const watched = record({ matches: [match({ policy: OTHER, mode: 'shadow' })] })
    expect(counts(documentOf(rule(toolIs('x'))), [watched])).toEqual({ ...none, unchanged: 1 })
  })

  it.each([
    ['arguments', { path: 'args.to', op: 'eq', value: 'x' }],
    ['the session', { path: 'session.calls', op: 'gt', value: 5 }],
    ['a sum', { sum: 'args.amount', op: 'gt', value: 5 }],
    ['the pin', { path: 'tool.pin', op: 'eq', value: 'changed' }],
    ['the chain', { path: 'chain.names', op: 'has', value: 'x' }],
    ['trust that is not known', { path: 'connection.trust', op: 'eq', value: 'external' }],
    ['groups that are not known', { path: 'agent.groups', op: 'has', value: GROUP }],
    ['signals that nobody looked for', { path: 'content.signals', op: 'has', value: 'pii.email' }],
  ])('counts apart what %s decides', (_, when) => {
    expect(counts(documentOf(rule(when)), [record()])).toEqual({ ...none, cannotTell: 1 })
  })

  it('tells what a part that is known settles', () => {
    const when = { all: [toolIs('other'), { path: 'args.to', op: 'eq', value: 'x' }] }
    expect(counts(documentOf(rule(when)), [record()])).toEqual({ ...none, unchanged: 1 })
    const beside = documentOf(
      rule(toolIs('send_mail')),
      rule({ path: 'args.to', op: 'eq', value: 'x' }, { id: 'b', effect: 'ask' }),
    )
    expect(counts(beside, [record()])).toEqual({ ...none, loses: 1 })
  })

  it('reads recorded signals', () => {
    const seen = record({}, { outbound: decision({}, { signals: ['pii.email'] }) })
    const document = documentOf(rule({ path: 'content.signals', op: 'has', value: 'pii.email' }))
    expect(counts(document, [seen])).toEqual({ ...none, loses: 1 })
  })

  it('uses what is known of groups and trust', () => {
    const document = documentOf(
      rule({
        all: [
          { path: 'agent.groups', op: 'has', value: GROUP },
          { path: 'connection.trust', op: 'eq', value: 'internal' },
        ],
      }),
    )
    const world = (groups: readonly (typeof GROUP)[]) => ({
      membership: new Map([[AGENT, groups]]),
      trust: new Map([[`con_${ulid(1)}`, 'internal' as const]]),
    })
    expect(counts(document, [record()], {}, world([GROUP]))).toEqual({ ...none, loses: 1 })
    expect(counts(document, [record()], {}, world([]))).toEqual({ ...none, unchanged: 1 })
    expect(counts(document, [record()], { groups: [GROUP] }, world([]))).toEqual({ ...none, unchanged: 1 })
  })

  it('remembers what an unchanged rule answered', () => {
    const unchanged = rule({ path: 'args.to', op: 'eq', value: 'x' })
    const before: BundlePolicy = {
      id: POLICY,
      name: 'mail',
      version: 1,
      groups: [GROUP],
      document: documentOf(unchanged),
    }
    const draft = documentOf(unchanged, rule(toolIs('other'), { id: 'b' }))
    const world = { policies: [before], unchangedSince: '2026-01-01T00:00:00.000Z' }
    const records = [record(), record({ outcome: 'deny', matches: [match({})] })]
    expect(counts(draft, records, { replaces: POLICY }, world)).toEqual({ ...none, unchanged: 2 })
    const erred = record({ outcome: 'deny', matches: [match({ errored: true })] })
    expect(counts(draft, [erred], { replaces: POLICY }, world)).toEqual({ ...none, unchanged: 1 })
    const patterns = { ...draft, patterns: { order: 'x' } }
    expect(counts(patterns, records, { replaces: POLICY }, world)).toEqual({ ...none, cannotTell: 2 })
    const since = { ...world, unchangedSince: '2026-01-01T23:59:30.000Z' }
    expect(counts(draft, records, { replaces: POLICY }, since)).toEqual({ ...none, cannotTell: 2 })
  })

  it('minds a default that denies', () => {
    const byDefault = record(
      {},
      { outcome: 'deny', outbound: decision({ outcome: 'deny' }, { byDefault: true }) },
    )
    expect(counts(allowing(toolIs('send_mail')), [byDefault])).toEqual({ ...none, gains: 1 })
    expect(counts(allowing(toolIs('other')), [byDefault])).toEqual({ ...none, unchanged: 1 })
    expect(counts(allowing({ path: 'args.to', op: 'eq', value: 'x' }), [byDefault])).toEqual({
      ...none,
      cannotTell: 1,
    })
  })

  it('asks about answers as well, and not about intents or messages without a decision', () => {
    const answered = record({}, { inbound: decision({}) })
    const inbound = documentOf(rule({ all: [] }, { on: ['inbound'] }))
    expect(counts(inbound, [answered])).toEqual({ ...none, loses: 1, unchanged: 1 })
    const others = [
      record({}, { kind: 'opened' }),
      record({}, { outbound: null }),
      record({}, { agent: null }),
    ]
    expect(counts(inbound, others)).toEqual(none)
  })

  it('says what a draft in shadow would do', () => {
    const document: PolicyDocument = { ...documentOf(rule({ all: [] })), mode: 'shadow' }
    expect(counts(document, [record()])).toEqual({ ...none, loses: 1 })
  })
})
