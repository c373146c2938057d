import { describe, expect, it } from '@jest/globals'
import { PolicyDocument } from '@writ/contracts'
import { isProblems, readSource } from '../read-policy.ts'
import { lintPolicy } from './lint-policy.ts'

/** Faults of a policy, as `line:column message`. */
function faultsOf(text: string): readonly string[] {
  const source = readSource(text, 'yaml', PolicyDocument)
  if (isProblems(source)) throw new Error(JSON.stringify(source))
  return lintPolicy(source.value, { positionOf: source.positionOf })
    .filter(({ code }) => code === 'fault')
    .map(({ line, column, message }) => `${line}:${column} ${message}`)
}

const ruleWith = (when: string, more = ''): string =>
  `writ: 1\nrules:\n  - id: a\n    effect: deny\n    reason: no\n    when: ${when}\n${more}`

const modify = (signal: string, more = '') =>
  faultsOf(ruleWith('{ all: [] }', `    modify:\n      ${signal}: mask\n${more}`).replace('deny', 'modify'))

describe('what the compiler refuses', () => {
  it.each([
    ['{ path: agent.nmae, op: eq, value: a }', '6:11 there is no agent.nmae; did you mean agent.name?'],
    ['{ path: agent.shoesize, op: eq, value: a }', '6:11 there is no agent.shoesize'],
    ['{ path: args.a, op: eq, to: agent.idd }', '6:11 there is no agent.idd; did you mean agent.id?'],
    [
      '{ path: action.class, op: eq, value: mony }',
      '6:11 action.class is never "mony"; did you mean "money"?',
    ],
    [
      '{ path: action.class, op: in, value: [money, red.public] }',
      '6:11 action.class is never "red.public"; did you mean "read.public"?',
    ],
    [
      '{ path: connection.trust, op: eq, value: partly }',
      '6:11 connection.trust is never "partly"; it is one of internal, external',
    ],
    [
      '{ path: content.signals, op: has, value: pii.emial }',
      '6:11 content.signals is never "pii.emial"; did you mean "pii.email"?',
    ],
    [
      '{ path: args.a, op: gt, value: [1] }',
      '6:11 gt cannot take the value given for args.a; it takes a number or a text',
    ],
    [
      '{ path: args.a, op: cidr, value: nowhere }',
      '6:11 cidr cannot take the value given for args.a; it takes a range such as "10.0.0.0/8", or a list of ranges',
    ],
    ['{ path: args.a, op: matches, value: missing }', '6:11 the policy has no pattern missing'],
  ])('%s is named where it stands, with what may be meant', (when, wanted) =>
    expect(faultsOf(ruleWith(when))).toEqual([wanted]),
  )

  it('is named for each part of a rule, in unless as in when', () => {
    const when =
      '{ all: [{ path: agent.nmae, op: eq, value: a }, { any: [{ path: args.a, op: in, value: 1 }] }] }'
    const unless = '    unless: { not: { path: human.nane, op: eq, value: hooks } }\n'
    expect(faultsOf(ruleWith(when, unless))).toEqual([
      '6:19 there is no agent.nmae; did you mean agent.name?',
      '6:67 in cannot take the value given for args.a; it takes a list',
      '7:20 there is no human.nane; did you mean human.name?',
    ])
  })

  it('of a pattern is named at the pattern, and not at each rule that asks for it', () => {
    const when = '{ path: args.a, op: matches, value: order }'
    const [message, ...more] = faultsOf(ruleWith(when, 'patterns:\n  order: "ORD-([0-9]+"\n'))
    expect(more).toEqual([])
    expect(message).toMatch(/^8:\d+ the pattern order is refused: /)
    expect(faultsOf(ruleWith(when, 'patterns:\n  order: "(?=ORD)x"\n  other: "x"\n'))).toEqual([
      expect.stringMatching(/^8:\d+ the pattern order is refused: /),
    ])
  })

  it('of a pattern that is only misspelt says which is meant', () =>
    expect(
      faultsOf(ruleWith('{ path: args.a, op: matches, value: ordr }', 'patterns:\n  order: "ORD"\n')),
    ).toEqual(['6:11 the policy has no pattern ordr; did you mean order?']))

  it('of a signal to modify is named at the signal', () => {
    expect(modify('pii.emial')).toEqual(['8:18 no signal is named pii.emial; did you mean pii.email?'])
    expect(modify('pattern.order', 'patterns: { order: "(" }\n')).toEqual([
      expect.stringMatching(/^9:20 the pattern order is refused: /),
    ])
  })

  it('of nesting is named at the rule', () => {
    const deep = `${'{ not: '.repeat(40)}{ all: [] }${' }'.repeat(40)}`
    expect(faultsOf(ruleWith(deep))).toEqual(['3:5 conditions nest deeper than 32'])
  })

  it('is placed for the first fifty parts, and then for each rule, so that much that is wrong takes no longer', () => {
    const leaves = Array.from({ length: 60 }, (_, at) => `{ path: agent.nmae${at}, op: eq, value: a }`)
    const rules = Array.from(
      { length: 10 },
      (_, at) => `  - { id: r${at}, effect: deny, reason: x, when: { any: [${leaves.join(', ')}] } }\n`,
    )
    const source = readSource(`writ: 1\nrules:\n${rules.join('')}`, 'yaml', PolicyDocument)
    if (isProblems(source)) throw new Error(JSON.stringify(source))
    const before = performance.now()
    const findings = lintPolicy(source.value).filter(({ code }) => code === 'fault')
    expect(performance.now() - before).toBeLessThan(500)
    expect(findings.map(({ path }) => path).slice(48, 52)).toEqual([
      'rules[0].when.any[48]',
      'rules[0].when.any[49]',
      'rules[1]',
      'rules[2]',
    ])
    expect(findings).toHaveLength(59)
  })
})
