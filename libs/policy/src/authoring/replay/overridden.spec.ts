import { describe, expect, it } from '@jest/globals'
import {
  AGENT,
  counts,
  documentOf,
  GROUP,
  HUMAN,
  match,
  none,
  OTHER,
  POLICY,
  record,
  rule,
  toolIs,
  ulid,
} from './given.suite.ts'
import type { PastOverride, ReplayWorld } from './world.ts'

const OVERRIDE = `ovr_${ulid(1)}` as const
const override = (more: Partial<PastOverride> = {}): PastOverride => ({
  policy: POLICY,
  rule: 'a',
  principal: AGENT,
  resource: 'mail/*',
  from: '2026-01-01T00:00:00.000Z',
  until: '2026-01-03T00:00:00.000Z',
  ...more,
})
const draft = documentOf(rule(toolIs('send_mail')))
const replaying = (more: Partial<PastOverride>, world: Partial<ReplayWorld> = {}) =>
  counts(draft, [record()], { replaces: POLICY }, { overrides: [override(more)], ...world })

const membership = (groups: readonly (typeof GROUP)[]) => ({ membership: new Map([[AGENT, groups]]) })

describe('an override in a replay', () => {
  it('holds back the rule of the draft as it held back the rule of that id then', () =>
    expect(replaying({})).toEqual({ ...none, unchanged: 1 }))

  it('is for a human as for an agent', () =>
    expect(replaying({ principal: HUMAN })).toEqual({ ...none, unchanged: 1 }))

  it('is for those who are in its group', () => {
    expect(replaying({ principal: GROUP }, membership([GROUP]))).toEqual({ ...none, unchanged: 1 })
    expect(replaying({ principal: GROUP }, membership([]))).toEqual({ ...none, loses: 1 })
    expect(replaying({ principal: GROUP })).toEqual({ ...none, loses: 1 })
  })

  it.each<[string, Partial<PastOverride>]>([
    ['had ended', { until: '2026-01-02T00:00:00.000Z' }],
    ['was made later', { from: '2026-01-02T00:00:00.001Z' }],
    ['is of another rule', { rule: 'b' }],
    ['is of another policy', { policy: OTHER }],
    ['is for another principal', { principal: `agt_${ulid(9)}` }],
    ['is over another resource', { resource: 'shop/*' }],
  ])('does nothing where it %s', (_, more) => expect(replaying(more)).toEqual({ ...none, loses: 1 }))

  it('does nothing for a draft that replaces nothing', () =>
    expect(counts(draft, [record()], {}, { overrides: [override()] })).toEqual({ ...none, loses: 1 }))

  it('is what the record says, whatever else is known', () => {
    const held = record({ matches: [match({ overriddenBy: OVERRIDE })] })
    expect(counts(draft, [held], { replaces: POLICY })).toEqual({ ...none, unchanged: 1 })
    const acted = record({ outcome: 'deny', matches: [match({})] })
    const milder = documentOf(rule(toolIs('other')))
    expect(counts(draft, [acted], { replaces: POLICY }, { overrides: [override()] })).toEqual({
      ...none,
      unchanged: 1,
    })
    expect(counts(milder, [acted], { replaces: POLICY }, { overrides: [override()] })).toEqual({
      ...none,
      gains: 1,
    })
  })

  it('settles what the record leaves open', () => {
    const open = documentOf(rule({ path: 'args.to', op: 'eq', value: 'x' }))
    const world = { overrides: [override()] }
    expect(counts(open, [record()], { replaces: POLICY }, world)).toEqual({ ...none, unchanged: 1 })
    expect(counts(open, [record()], { replaces: POLICY })).toEqual({ ...none, cannotTell: 1 })
  })

  it('keeps an allow rule from allowing as well', () => {
    const allowing = documentOf(rule(toolIs('send_mail'), { effect: 'allow' }))
    const denied = record(
      { outcome: 'deny' },
      { outbound: { outcome: 'deny', matches: [], signals: [], modified: false, byDefault: true } },
    )
    const world = { overrides: [override()] }
    expect(counts(allowing, [denied], { replaces: POLICY }, world)).toEqual({ ...none, unchanged: 1 })
    expect(counts(allowing, [denied], { replaces: POLICY })).toEqual({ ...none, gains: 1 })
  })
})
