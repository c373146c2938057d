import { describe, expect, it } from '@jest/globals'
import type { SessionState } from '@writ/contracts'
import * as fc from 'fast-check'
import { foldValue, reserve } from './fold.ts'
import { eventAt, keys, planWith, specOf, stored, T0 } from './given.suite.ts'
import { TWO_DEFINITIONS } from '../pins/compare.ts'
import { inherit } from './inherit.ts'
import { observe } from './observe.ts'
import { newSession } from './state.ts'
import { valuesNow } from './values.ts'

const paid = specOf({ sum: 'args.amount', of: { event: 'call' }, window: '1h', op: 'gt', value: 1 })
const repeated = specOf({ count: { event: 'call', same: 'arguments' }, window: '1h', op: 'gt', value: 1 })
const plan = planWith(paid, repeated)

type Step = (state: SessionState) => SessionState
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ atMs: fc.integer({ min: T0, max: T0 + 9e6 }), amount: fc.integer({ min: 0, max: 5 }) }).map(
    ({ atMs, amount }): Step =>
      (state) =>
        reserve(state, plan, eventAt(atMs, { args: { amount } })),
  ),
  fc.constantFrom('untrusted', 'private', 'secret').map(
    (label): Step =>
      (state) =>
        observe(state, { labels: [label] }),
  ),
  fc.integer({ min: 0, max: 9 }).map(
    (at): Step =>
      (state) =>
        observe(state, {
          hosts: { names: [`h${at}.example`], keys },
          pins: [{ tool: `shop/${at % 3}`, pin: `${at % 2}` }],
        }),
  ),
  fc
    .record({
      at: fc.integer({ min: 0, max: 9 }),
      source: fc.constantFrom('private' as const, 'user' as const),
    })
    .map(
      ({ at, source }): Step =>
        (state) =>
          observe(state, { answer: { values: valuesNow([`value ${at}`], keys), sources: [source] } }),
    ),
  fc.constantFrom('a', 'b').map(
    (rule): Step =>
      (state) =>
        observe(state, { abortedBy: rule }),
  ),
  fc.constant<Step>((state) =>
    observe(state, {
      answer: {
        values: valuesNow(
          Array.from({ length: 9_000 }, (_, at) => `many ${at}`),
          keys,
        ),
        sources: ['private'],
      },
    }),
  ),
)
const session = fc
  .record({ startedAtMs: fc.integer({ min: T0 - 1e6, max: T0 }), steps: fc.array(step, { maxLength: 12 }) })
  .map(({ startedAtMs, steps }) => steps.reduce((state, next) => next(state), newSession(startedAtMs)))

const held = (state: SessionState): SessionState => ({ ...state, version: 0 })

const labelled = (from: number) =>
  observe(newSession(T0), { labels: Array.from({ length: 40 }, (_, at) => `label-${from + at}`) })

const pinned = (pin: string) => observe(newSession(T0), { pins: [{ tool: 'shop/pay', pin }] })

describe('what a delegated session inherits', () => {
  it('does not depend on who gives and who takes, nor on how often', () => {
    fc.assert(
      fc.property(session, session, session, (one, two, three) => {
        expect(held(inherit(one, two))).toEqual(held(inherit(two, one)))
        expect(held(inherit(one, one))).toEqual(held(one))
        expect(held(inherit(inherit(one, two), two))).toEqual(held(inherit(one, two)))
        expect(held(inherit(inherit(one, two), three))).toEqual(held(inherit(one, inherit(two, three))))
        expect(stored(inherit(one, two))).toEqual(inherit(one, two))
      }),
      { numRuns: 150 },
    )
  })

  it('is never less than either had', () => {
    fc.assert(
      fc.property(session, session, fc.integer({ min: 0, max: 5 }), (parent, child, amount) => {
        const both = inherit(parent, child)
        const asked = eventAt(T0 + 9e6, { args: { amount } })
        for (const one of [parent, child]) {
          for (const spec of [paid, repeated])
            expect(Number(foldValue(both, spec, asked))).toBeGreaterThanOrEqual(
              Number(foldValue(one, spec, asked)),
            )
          expect(both.labels).toEqual(expect.arrayContaining(one.labels))
          expect(both.calls).toBeGreaterThanOrEqual(one.calls)
          expect(both.version).toBeGreaterThan(one.version)
          expect(both.startedAtMs).toBeLessThanOrEqual(one.startedAtMs)
          expect(both.aborted === null).toBe(parent.aborted === null && child.aborted === null)
        }
      }),
      { numRuns: 150 },
    )
  })

  it('is an abort where the labels of both do not fit', () => {
    const both = inherit(labelled(0), labelled(100))
    expect(stored(both)).toMatchObject({ aborted: 'too-many-labels' })
  })

  it('is no definition of a tool where the two differ', () => {
    expect(inherit(pinned('a'), pinned('b')).pins).toEqual({ 'shop/pay': TWO_DEFINITIONS })
    expect(inherit(pinned('a'), pinned('a')).pins).toEqual({ 'shop/pay': 'a' })
  })
})
