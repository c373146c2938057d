import { describe, expect, it } from '@jest/globals'
import type { BundlePolicy, PolicyDocument, RuleMatch } from '@writ/contracts'
import {
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
} from './given.suite.ts'

const ALWAYS = { all: [] }
const rewriting = (modify: object, when: object = ALWAYS, more: object = {}) =>
  rule(when, { effect: 'modify', modify, ...more })
const masking = documentOf(rewriting({ 'pii.email': 'mask' }))
const policy = (document: PolicyDocument, more: Partial<BundlePolicy> = {}): BundlePolicy => ({
  id: POLICY,
  name: 'mail',
  version: 1,
  groups: [GROUP],
  document,
  ...more,
})
const matched = (more: Partial<RuleMatch> = {}) => match({ effect: 'modify', ...more })
/** A message with an address in it, and what was rewritten of it by whom. */
const told = (matches: readonly RuleMatch[], more: object = {}) =>
  record({}, { outbound: decision({ matches }, { signals: ['pii.email'], modified: true, ...more }) })
const world = { policies: [policy(masking)] }
const instead = { replaces: POLICY }

describe('the rewritings of a draft', () => {
  it('are another way where what passes would be rewritten otherwise', () => {
    const hashing = documentOf(rewriting({ 'pii.*': 'hash' }))
    const report = replayed(hashing, [told([matched()])], instead, world)
    expect(report).toMatchObject({ modifies: 1, unchanged: 0, loses: 0, gains: 0, cannotTell: 0 })
    expect(report.byTool).toEqual([
      { name: 'mail/send_mail', loses: 0, gains: 0, modifies: 1, cannotTell: 0 },
    ])
    expect(report.changes).toMatchObject([
      {
        kind: 'modifies',
        before: 'allow',
        after: ['allow'],
        rewritings: { before: ['pii.email: mask'], after: ['pii.email: hash'] },
      },
    ])
  })

  it('are the same where another rule does the same', () => {
    const renamed = documentOf(rewriting({ 'pii.*': 'mask' }, ALWAYS, { id: 'renamed' }))
    expect(counts(renamed, [told([matched()])], instead, world)).toEqual({ ...none, unchanged: 1 })
  })

  it('are another way where they would begin, or end', () => {
    const untouched = told([], { modified: false })
    expect(counts(masking, [untouched], {})).toEqual({ ...none, modifies: 1 })
    const silent = documentOf(rule(toolIs('other')))
    expect(counts(silent, [told([matched()])], instead, world)).toEqual({ ...none, modifies: 1 })
    expect(counts(silent, [told([matched()])], instead)).toEqual({ ...none, modifies: 1 })
  })

  it('stay what other policies make of them', () => {
    const other = policy(masking, { id: OTHER })
    const both = told([matched({ policy: OTHER })])
    expect(counts(masking, [both], {}, { policies: [other] })).toEqual({ ...none, unchanged: 1 })
    expect(counts(masking, [both], {})).toEqual({ ...none, modifies: 1 })
  })

  it('are about what was found only', () => {
    const cards = documentOf(rewriting({ 'pii.card': 'mask' }))
    expect(counts(cards, [told([], { modified: false })])).toEqual({ ...none, unchanged: 1 })
  })

  it.each([
    ['was denied', { outcome: 'deny' as const, matches: [match({ policy: OTHER })] }],
    ['was aborted', { outcome: 'abort' as const, matches: [match({ policy: OTHER, effect: 'abort' })] }],
  ])('do not matter where the message %s anyway', (_, denied) => {
    const refused = record({}, { outbound: decision(denied, { signals: ['pii.email'] }) })
    expect(counts(masking, [refused])).toEqual({ ...none, unchanged: 1 })
  })

  it('matter where a person is asked about what would go out', () => {
    const asked = record(
      {},
      {
        outbound: decision(
          { outcome: 'ask', matches: [match({ policy: OTHER, effect: 'ask' })] },
          { signals: ['pii.email'] },
        ),
      },
    )
    expect(counts(masking, [asked])).toEqual({ ...none, modifies: 1 })
  })

  it('of shadow, overridden and erring rules are none', () => {
    const idle = [{ mode: 'shadow' as const }, { overriddenBy: `ovr_${'0'.repeat(26)}` as const }]
    for (const more of idle)
      expect(
        counts(
          masking,
          [told([matched({ policy: OTHER, ...more })])],
          {},
          { policies: [policy(masking, { id: OTHER })] },
        ),
      ).toEqual({ ...none, modifies: 1 })
  })

  it.each([
    ['nobody looked into the content', masking, record(), {}],
    [
      'the arguments decide',
      documentOf(rewriting({ 'pii.email': 'mask' }, { path: 'args.to', op: 'eq', value: 'x' })),
      told([], { modified: false }),
      {},
    ],
    [
      'a pattern is new',
      { ...documentOf(rewriting({ 'pattern.order': 'mask' })), patterns: { order: 'ORD' } },
      told([], { modified: false }),
      {},
    ],
    ['it is not known how the rule rewrote then', masking, told([matched({ policyVersion: 7 })]), instead],
  ] as const)('cannot be told where %s', (_, document, one, draft) =>
    expect(counts(document, [one], draft, world)).toEqual({ ...none, cannotTell: 1 }),
  )

  it('that the arguments decide do not matter where nothing is found that they are about', () => {
    const open = documentOf(rewriting({ 'pii.card': 'mask' }, { path: 'args.to', op: 'eq', value: 'x' }))
    expect(counts(open, [told([], { modified: false })])).toEqual({ ...none, unchanged: 1 })
  })
})
