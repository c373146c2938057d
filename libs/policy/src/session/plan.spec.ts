import { describe, expect, it } from '@jest/globals'
import { RuleFault } from '../rule-fault.ts'
import { policyAsking, specOf } from './given.suite.ts'
import { foldSpecOf, planOf } from './plan.ts'

const budget = { count: { event: 'call' as const }, op: 'gte' as const, value: 5 }

describe('what a session has to remember', () => {
  it('is nothing where no rule asks for it', () => {
    const plan = planOf([policyAsking({ path: 'session.id', op: 'eq', value: 'x' })])
    expect(plan).toEqual({ folds: [], remembersValues: false, remembersSecrets: false })
  })

  it.each(['provenance', 'provenance.to', 'provenance["a.b"]', 'resource.provenance'])(
    'is its values where a rule reads %s, on either side of a comparison',
    (path) => {
      expect(planOf([policyAsking({ path, op: 'has', value: 'private' })]).remembersValues).toBe(true)
      const other = { path: 'args.sources', op: 'hasAll' as const, to: path }
      expect(planOf([policyAsking({ not: { all: [other] } })]).remembersValues).toBe(true)
    },
  )

  it('is read in exceptions too', () => {
    const policy = policyAsking({ all: [] })
    const rules = policy.document.rules.map((rule) => ({ ...rule, unless: budget }))
    expect(planOf([{ ...policy, document: { ...policy.document, rules } }]).folds).toHaveLength(1)
  })

  it('has equal folds once, whatever is compared with them', () => {
    const classes = { event: 'call' as const, class: ['exec' as const, 'money' as const] }
    const turned = { event: 'call' as const, class: ['money' as const, 'exec' as const, 'money' as const] }
    const plan = planOf([
      policyAsking({
        any: [
          { ...budget, count: classes },
          { ...budget, count: turned, value: 9, op: 'lt' },
        ],
      }),
      policyAsking({ any: [{ ...budget, count: classes, window: '1h' }] }),
    ])
    expect(plan.folds).toHaveLength(2)
    expect(new Set(plan.folds.map(({ id }) => id)).size).toBe(2)
  })

  it('tells folds apart by everything that they select', () => {
    const specs = [
      specOf({ ...budget, count: { event: 'call' } }),
      specOf({ ...budget, count: { event: 'denial' } }),
      specOf({ ...budget, count: { event: 'call', tool: ['a'] } }),
      specOf({ ...budget, count: { event: 'call', connection: ['a'] } }),
      specOf({ ...budget, count: { event: 'call', same: 'resource' } }),
      specOf({ ...budget, count: { event: 'call', same: 'arguments' } }),
      specOf({ ...budget, count: { event: 'call' }, window: '60s' }),
      specOf({ sum: 'args.a', of: { event: 'call' }, op: 'gt', value: 1 }),
      specOf({ sum: 'args.b', of: { event: 'call' }, op: 'gt', value: 1 }),
    ]
    expect(new Set(specs.map(({ id }) => id)).size).toBe(specs.length)
  })

  it('adds up arguments and nothing else', () => {
    const spec = foldSpecOf({ sum: 'content.amount', of: { event: 'call' }, op: 'gt', value: 1 })
    expect(spec).toBeInstanceOf(RuleFault)
  })
})
