import { describe, expect, it } from '@jest/globals'
import { Rule } from '@writ/contracts'
import type { Condition, PolicyDocument } from '@writ/contracts'
import { evaluate } from '../evaluate.suite.ts'
import { generateQuestions } from '../questions/generate-questions.ts'
import { Random } from '../questions/random.ts'
import { readCedar } from '../read-cedar.ts'
import { questionToCedar } from '../view/question-to-cedar.ts'
import { toCedar } from './to-cedar.ts'

const documentOf = (...rules: Partial<Rule>[]): PolicyDocument => ({
  writ: 1,
  mode: 'enforce',
  rules: rules.map((rule) =>
    Rule.parse({ id: 'r', effect: 'deny', when: { all: [] }, reason: 'because', ...rule }),
  ),
})

const reread = (document: PolicyDocument): PolicyDocument => {
  const writing = toCedar(document)
  if ('refused' in writing) throw new Error(JSON.stringify(writing.refused))
  const reading = readCedar(writing.text, 'written.cedar')
  if ('faults' in reading) throw new Error(`${writing.text}\n${JSON.stringify(reading.faults)}`)
  return reading.document
}

describe('toCedar', () => {
  it('writes a rule as a policy that is read as the same rule', () => {
    const document = documentOf({
      id: 'cards',
      effect: 'modify',
      on: ['inbound'],
      when: { path: 'content.signals', op: 'hasAny', value: ['pii.card', 'pii.email'] },
      reason: 'A "quoted" \\ reason\n of two lines.',
      modify: { 'pii.card': 'mask', 'pii.*': 'token' },
      labels: { add: ['seen'] },
    })
    expect(reread(document)).toEqual(document)
  })

  it('guards what may be missing', () => {
    expect(toCedar(documentOf({ when: { path: 'args.amount', op: 'gt', value: 5000 } }))).toEqual({
      text: expect.stringContaining('when { (context.args has "amount" && context.args["amount"] > 5000) };'),
    })
  })

  it.each<[string, Partial<Rule>]>([
    ['a count', { when: { count: { event: 'call' }, op: 'gt', value: 3 } }],
    ['a pattern of its own', { when: { path: 'args.a', op: 'matches', value: 'mine' } }],
    ['a path outside the view', { when: { path: 'provenance.to', op: 'subsetOf', value: ['user'] } }],
    ['a starred path', { when: { path: 'args.files.*', op: 'glob', value: 'x' } }],
    [
      'another type that is a fault here and not in Cedar',
      { when: { path: 'args.a', op: 'eq', value: 'x' } },
    ],
    ['what lies below an argument', { when: { path: 'args.a.b', op: 'exists', value: true } }],
    ['a fraction', { when: { path: 'args.a', op: 'gt', value: 0.5 } }],
    ['null', { when: { path: 'args.a', op: 'eq', value: null, required: true } }],
    ['two paths', { when: { path: 'agent.name', op: 'eq', to: 'human.name' } }],
    ['how long to ask', { effect: 'ask', ask: { ttl: '5m' } }],
    [
      'two parts that may be at fault',
      {
        when: {
          all: [
            { path: 'args.a', op: 'gt', value: 1 },
            { path: 'args.b', op: 'gt', value: 1 },
          ],
        },
      },
    ],
  ])('refuses %s', (_, rule) => {
    expect(toCedar(documentOf(rule))).toEqual({ refused: [{ rule: 'r', reason: expect.any(String) }] })
  })

  it('refuses by rule, so that the others are known to be sayable', () => {
    const writing = toCedar(
      documentOf({ id: 'a' }, { id: 'b', when: { path: 'args.a', op: 'eq', value: 1 } }),
    )
    expect(writing).toEqual({ refused: [{ rule: 'b', reason: expect.any(String) }] })
  })

  it('writes random rules so that what is read back answers alike', () => {
    let said = 0
    for (let seed = 1; seed <= 1500; seed += 1) {
      const random = new Random(seed)
      const document = documentOf({
        when: condition(random, 3),
        ...(random.once(3) ? { unless: condition(random, 1) } : {}),
      })
      const writing = toCedar(document)
      if ('refused' in writing) continue
      said += 1
      const [before, after] = [document.rules[0], reread(document).rules[0]]
      if (before === undefined || after === undefined) throw new Error('a rule is lost')
      for (const asked of generateQuestions([before], seed, 8)) {
        if (questionToCedar(asked) === null) continue
        const whole: Condition =
          before.unless === undefined ? before.when : { all: [before.when, { not: before.unless }] }
        const [expected, got] = [evaluate(whole, asked), evaluate(after.when, asked)]
        if (expected !== got)
          throw new Error(
            `${JSON.stringify(whole)}\n${writing.text}\n${JSON.stringify(asked.question.args)}: ${expected}, then ${got}`,
          )
      }
    }
    expect(said).toBeGreaterThan(300)
  })
})

const pick = <T>(random: Random, items: readonly T[]): T => {
  const found = random.of(items)
  if (found === undefined) throw new RangeError('there is nothing to pick from')
  return found
}

function condition(random: Random, depth: number): Condition {
  const kind = random.below(6)
  if (depth > 0 && kind === 0) return { all: [condition(random, depth - 1), condition(random, depth - 1)] }
  if (depth > 0 && kind === 1) return { any: [condition(random, depth - 1), condition(random, depth - 1)] }
  if (depth > 0 && kind === 2) return { not: condition(random, depth - 1) }
  return pick(random, LEAVES)
}

const LEAVES: readonly Condition[] = [
  { path: 'agent.name', op: 'eq', value: 'robot' },
  { path: 'agent.groups', op: 'has', value: 'sre' },
  { path: 'agent.groups', op: 'subsetOf', value: ['everyone'] },
  { path: 'agent.groups', op: 'subsetOf', value: [] },
  { path: 'human.groups', op: 'hasAll', value: ['everyone', 'sre'] },
  { path: 'content.signals', op: 'hasAny', value: ['pii.card', 'pii.email'] },
  { path: 'action.class', op: 'in', value: ['money', 'exec'] },
  { path: 'action.tool', op: 'eq', value: null },
  { path: 'action.tool', op: 'ne', value: 'push_files' },
  { path: 'action.tool', op: 'eq', value: 'push_files', required: true },
  { path: 'session.calls', op: 'gte', value: 3 },
  { path: 'connection.trust', op: 'ne', value: 'external' },
  { path: 'resource.id', op: 'glob', value: 'github/*_f\\**' },
  { path: 'args.amount', op: 'gt', value: 5 },
  { path: 'args.text', op: 'contains', value: 'a*b"\\' },
  { path: 'args.text', op: 'glob', value: 'a*' },
  { path: 'args["odd name"]', op: 'exists', value: false },
  { path: 'args.a', op: 'eq', value: 'x', required: true },
  { path: 'args.a.b', op: 'exists', value: true, required: true },
  { path: 'args.list', op: 'has', value: 3, required: true },
  { path: 'args.list', op: 'hasAny', value: ['x', true], required: true },
  { path: 'args', op: 'gt', value: 0, required: true },
]
