import { describe, expect, it } from '@jest/globals'
import type { BundlePolicy, Decision, JsonObject, Outcome, Question, Rule } from '@writ/contracts'
import { compilePolicies } from './compile.ts'
import type { PolicySettings } from './compile.ts'
import { decide } from './decide.ts'
import type { Given } from './decide.ts'
import { Dice } from './dice.suite.ts'
import { conditionOf } from './generate-conditions.suite.ts'
import { argsOf, caseOf, policiesOf, settingsOf } from './generate.suite.ts'
import { agentOf, decided, groupOf, policy, question, rule, ulid } from './given.suite.ts'
import { decideKnowing, isVisible } from './visibility.ts'

const SETS = Number(process.env['WRIT_POLICY_SETS'] ?? 120)
const QUESTIONS = 10

type World = {
  readonly dice: Dice
  readonly policies: readonly BundlePolicy[]
  readonly settings: PolicySettings
  readonly asked: Question
  readonly given: Given
  readonly before: Decision
}

/** Each law is tried on some thousand generated worlds; a failure names its seed. */
function always(law: (world: World) => void): void {
  for (let seed = 1; seed <= SETS; seed += 1) {
    const dice = new Dice(seed * 7919)
    const [policies, settings] = [policiesOf(dice), settingsOf(dice)]
    const compiled = compilePolicies(policies, settings)
    for (let number = 0; number < QUESTIONS; number += 1) {
      const { asked, given } = caseOf(dice)
      try {
        law({ dice, policies, settings, asked, given, before: decide(compiled, asked, given) })
      } catch (error) {
        throw new Error(`seed ${seed}, question ${number}: ${String(error)}`, { cause: error })
      }
    }
  }
}

const STRICTNESS: Readonly<Record<Outcome, number>> = { allow: 0, ask: 1, deny: 2, abort: 3 }
const enforced = ({ outcome, modified, content, byDefault }: Decision) => ({
  outcome,
  modified,
  content,
  byDefault,
})
const again = ({ settings, asked, given }: World, policies: readonly BundlePolicy[]): Decision =>
  decide(compilePolicies(policies, settings), asked, given)
const extra = (one: Rule, mode: 'enforce' | 'shadow' = 'enforce'): BundlePolicy =>
  policy([one], { number: 99, groups: [1, 2, 3], mode })
const rulesAs = (policies: readonly BundlePolicy[], change: (one: Rule) => Rule): BundlePolicy[] =>
  policies.map((one) => ({ ...one, document: { ...one.document, rules: one.document.rules.map(change) } }))

describe('a decision', () => {
  it('is the same when it is made twice, whatever was decided in between', () => {
    always(({ policies, settings, asked, given, before, dice }) => {
      const compiled = compilePolicies(policies, settings)
      const other = caseOf(dice)
      decide(compiled, other.asked, other.given)
      expect(decide(compiled, asked, given)).toEqual(before)
    })
  })

  it('does not depend on the order of policies, groups and rules, nor on duplicates', () => {
    always((world) => {
      const turned = rulesAs(world.policies, (one) => one).toReversed()
      for (const one of turned) one.document.rules.reverse()
      const asked = { ...world.asked, groups: [...world.asked.groups, ...world.asked.groups].toReversed() }
      expect(again({ ...world, asked }, [...turned, ...world.policies])).toEqual(world.before)
    })
  })

  it('is never weakened by one more deny, ask or abort rule', () => {
    always((world) => {
      const effect = world.dice.one(['deny', 'ask', 'abort'] as const)
      const after = again(world, [...world.policies, extra(rule({ effect, when: conditionOf(world.dice) }))])
      expect(STRICTNESS[after.outcome]).toBeGreaterThanOrEqual(STRICTNESS[world.before.outcome])
    })
  })

  it('is never widened by an allow rule beyond the default', () => {
    always((world) => {
      const after = again(world, [...world.policies, extra(rule({ effect: 'allow' }))])
      if (!world.before.byDefault) expect(after.outcome).toBe(world.before.outcome)
    })
  })

  it('is not changed by one more flag rule or shadow policy, but for what is reported', () => {
    always((world) => {
      const when = conditionOf(world.dice)
      const flag = extra(rule({ effect: 'flag', when }))
      const shadow = extra(
        rule({ effect: world.dice.one(['abort', 'deny', 'allow'] as const), when }),
        'shadow',
      )
      const added = world.dice.one([flag, shadow])
      expect(enforced(again(world, [...world.policies, added]))).toEqual(enforced(world.before))
    })
  })

  it('is never widened by a rule that errs: breaking every rule leaves it at least as strict, but that nothing aborts', () => {
    always((world) => {
      const broken = rulesAs(world.policies, (one) => {
        const { unless: _unless, ...rest } = one
        return { ...rest, when: { path: 'agent.nmae', op: 'eq', value: 'x' } }
      })
      const after = again(world, broken)
      expect(after.outcome).not.toBe('abort')
      const least = Math.min(STRICTNESS.deny, STRICTNESS[world.before.outcome])
      expect(STRICTNESS[after.outcome]).toBeGreaterThanOrEqual(least)
    })
  })

  it('keeps the very same content unless a rule modified it, and always where nothing may pass', () => {
    always(({ asked, before }) => {
      expect(before.content === asked.content).toBe(!before.modified)
      if (before.outcome === 'deny' || before.outcome === 'abort') expect(before.content).toBe(asked.content)
    })
  })

  it.each([2, 31, 32, 33, 34, 200])('reports %i matches in the one order of their names', (count) => {
    const effects = ['flag', 'allow', 'ask', 'deny', 'modify', 'abort'] as const
    const rules = Array.from({ length: count }, (_, at) => {
      const effect = effects[at % effects.length] ?? 'flag'
      const rewriting = effect === 'modify' ? { modify: { 'pii.*': 'mask' as const } } : {}
      return rule({ id: `r${String((at * 7919) % count).padStart(3, '0')}`, effect, ...rewriting })
    })
    const { matches } = decided([policy(rules)], question())
    expect(matches.map(({ rule: id }) => id)).toEqual(rules.map(({ id }) => id).sort())
  })

  it('reports the same rules, whether overridden or not', () => {
    always((world) => {
      const overrides = world.policies.flatMap(({ id }) =>
        ['r0', 'r1', 'r2'].map((one) => ({
          id: `ovr_${ulid(1)}` as const,
          policy: id,
          rule: one,
          principal: agentOf(1),
          resource: '*',
          until: new Date(world.asked.nowMs + 1).toISOString(),
        })),
      )
      const after = again({ ...world, settings: { ...world.settings, overrides } }, world.policies)
      expect(after.matches.map(({ rule: id }) => id)).toEqual(world.before.matches.map(({ rule: id }) => id))
      expect(after.matches.every(({ overriddenBy }) => overriddenBy !== null)).toBe(true)
      expect([after.modified, after.labels, after.ask]).toEqual([false, [], null])
      expect(['allow', 'deny']).toContain(after.outcome)
      expect(after.outcome === 'deny').toBe(after.byDefault)
    })
  })

  it('on a call of what is hidden is a deny, whatever the arguments and the content', () => {
    let hidden = 0
    always(({ policies, settings, asked, given, dice }) => {
      const compiled = compilePolicies(policies, settings)
      if (isVisible(compiled, { ...asked, args: {}, content: null })) return
      hidden += 1
      const args = argsOf(dice)
      const { outcome } = decide(compiled, { ...asked, args, content: { note: '', args } }, given)
      expect(['deny', 'abort']).toContain(outcome)
    })
    expect(hidden).toBeGreaterThan(30)
  })

  it('with a part left open is certain of what holds whatever that part is', () => {
    always(({ policies, settings, asked, before, given }) => {
      if (given.inspection === null || given.inspection.fault !== null) return
      const open = decideKnowing(compilePolicies(policies, settings), asked, { args: false, content: false })
      const matched = before.matches.map((one) => `${one.policy} ${one.rule}`)
      for (const one of open.matches) if (!one.errored) expect(matched).toContain(`${one.policy} ${one.rule}`)
      const possible = [...open.matches, ...open.undecided].map((one) => `${one.policy} ${one.rule}`)
      const acting = before.matches.filter((one) => one.mode === 'enforce' && one.overriddenBy === null)
      for (const one of acting) expect(possible).toContain(`${one.policy} ${one.rule}`)
    })
  })
})

const hostile = () =>
  Object.defineProperty({}, 'a', {
    enumerable: true,
    get: () => {
      throw new Error('s3cret')
    },
  }) as JsonObject

describe('a question that cannot be read', () => {
  it.each([
    ['abort', 'deny'],
    ['deny', 'deny'],
    ['ask', 'deny'],
    ['flag', 'allow'],
  ] as const)('errs: under %s the outcome is %s', (effect, outcome) => {
    const when = { path: 'args.a', op: 'eq' as const, value: 1 }
    const decision = decided([policy([rule({ effect, when })])], question({ args: hostile(), content: null }))
    expect(decision).toMatchObject({ outcome, matches: [{ errored: true }] })
    expect(JSON.stringify(decision.matches)).not.toContain('s3cret')
  })
})

describe('hostile names', () => {
  it.each([
    'args.__proto__.x',
    'args.constructor',
    'args.constructor.name',
    'args.toString',
    'args.list.length',
    'args.a.length',
    'args.list.__proto__',
    'args.list.-1',
    'args.list.00',
  ])('%s finds nothing that was not sent', (path) => {
    const when = { path, op: 'exists' as const, value: true }
    const decision = decided([policy([rule({ when })])], question({ args: { a: 'text', list: [1] } }))
    expect(decision.outcome).toBe('allow')
  })

  it('are no groups either', () => {
    const asked = question({ groups: ['__proto__', 'constructor'] })
    expect(decided([policy([rule({})])], asked)).toMatchObject({ outcome: 'allow', matches: [] })
  })

  it('of tools that look like a border of two names are not taken for each other', () => {
    const when = { path: 'action.tool', op: 'eq' as const, value: '1:a6:github' }
    const compiled = compilePolicies([policy([rule({ when })])], { groups: [], overrides: [] })
    const asked = question()
    const outcomes = ['1:a6:github', '1:a', ''].map((tool) => {
      const named = { ...asked, action: { ...asked.action, tool }, groups: [groupOf(1)] }
      return decide(compiled, named, { inspection: null, keys: null }).outcome
    })
    expect(outcomes).toEqual(['deny', 'allow', 'allow'])
  })
})

describe('depth of conditions', () => {
  it('has a bound, beyond which the rule errs', () => {
    let when: Rule['when'] = { all: [] }
    for (let level = 0; level < 5_000; level += 1) when = { not: when }
    const compiled = compilePolicies([policy([rule({ when })])], { groups: [], overrides: [] })
    expect(compiled.faults).toHaveLength(1)
    expect(decide(compiled, question(), { inspection: null, keys: null })).toMatchObject({
      outcome: 'deny',
      matches: [{ errored: true }],
    })
  })
})
