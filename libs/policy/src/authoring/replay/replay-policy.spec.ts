import { describe, expect, it } from '@jest/globals'
import type { BundlePolicy, PolicyDocument } from '@writ/contracts'
import {
  AGENT,
  counts,
  decision,
  documentOf,
  GROUP,
  match,
  none,
  OTHER,
  POLICY,
  record,
  replayed,
  rule,
  toolIs,
  ulid,
} from './given.suite.ts'

const allowing = (when: object) => documentOf(rule(when, { effect: 'allow' }))

const world = (groups: readonly (typeof GROUP)[]) => ({
  membership: new Map([[AGENT, groups]]),
  trust: new Map([[`con_${ulid(1)}`, 'internal' as const]]),
})

describe('the replay of a draft', () => {
  it('tells who would lose what', () => {
    const records = [record(), record({ tool: 'list_mail' }), record()]
    const report = replayed(documentOf(rule(toolIs('send_mail'))), records)
    expect(report).toMatchObject({ decisions: 3, unchanged: 1, loses: 2, gains: 0, cannotTell: 0 })
    expect(report.byTool).toEqual([
      { name: 'mail/send_mail', loses: 2, gains: 0, modifies: 0, cannotTell: 0 },
    ])
    expect(report.byAgent).toEqual([{ name: 'claude', loses: 2, gains: 0, modifies: 0, cannotTell: 0 }])
    expect(report.byHuman).toEqual([{ name: 'ana', loses: 2, gains: 0, modifies: 0, cannotTell: 0 }])
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
    const known = { policies: [before], unchangedSince: '2026-01-01T00:00:00.000Z' }
    const records = [record(), record({ outcome: 'deny', matches: [match({})] })]
    expect(counts(draft, records, { replaces: POLICY }, known)).toEqual({ ...none, unchanged: 2 })
    const erred = record({ outcome: 'deny', matches: [match({ errored: true })] })
    expect(counts(draft, [erred], { replaces: POLICY }, known)).toEqual({ ...none, unchanged: 1 })
    const patterns = { ...draft, patterns: { order: 'x' } }
    expect(counts(patterns, records, { replaces: POLICY }, known)).toEqual({ ...none, cannotTell: 2 })
    const since = { ...known, unchangedSince: '2026-01-01T23:59:30.000Z' }
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
