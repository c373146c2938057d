import { describe, expect, it } from '@jest/globals'
import type { PolicyProblem } from './read-policy.ts'
import { isProblems, MAX_POLICY_TEXT, readPolicy } from './read-policy.ts'

const GOOD = `writ: 1
rules:
  - id: no-release
    effect: deny
    when: { path: args.branch, op: glob, value: 'release/*' }
    reason: no
`

const problemsOf = (text: string, format: 'yaml' | 'json' = 'yaml'): readonly PolicyProblem[] => {
  const read = readPolicy(text, { format })
  return isProblems(read) ? read : []
}
const shown = ({ line, column, path, message }: PolicyProblem): string =>
  `${line}:${column} ${path}: ${message}`
const ruleWith = (when: string): string =>
  `writ: 1\nrules:\n  - id: a\n    effect: deny\n    reason: no\n    when: ${when}\n`

const deep = (levels: number): string =>
  ruleWith(`${'{ not: '.repeat(levels)}{ all: [] }${' }'.repeat(levels)}`)

describe('a policy text', () => {
  it('is read from YAML and from JSON to the same document', () => {
    const yaml = readPolicy(GOOD, { format: 'yaml' })
    expect(yaml).toMatchObject({ writ: 1, mode: 'enforce', rules: [{ id: 'no-release', reason: 'no' }] })
    expect(readPolicy(JSON.stringify(yaml), { format: 'json' })).toEqual(yaml)
    expect(readPolicy(JSON.stringify(yaml, null, '\t'), { format: 'json' })).toEqual(yaml)
  })

  it.each([
    [
      'a misspelt member',
      GOOD.replace('effect:', 'effekt:'),
      ['4:5 rules[0].effekt: there is no member "effekt" here', '3:5 rules[0].effect: this is missing'],
    ],
    ['a missing rule list', 'writ: 1\n', ['1:1 rules: this is missing']],
    ['a duplicate key', 'writ: 1\nwrit: 1\n', ['2:1 : Map keys must be unique']],
    [
      'a bad rule id',
      GOOD.replace('no-release', 'No'),
      ['3:9 rules[0].id: Invalid string: must match pattern /^[a-z0-9][a-z0-9-]{0,63}$/'],
    ],
    ['an open bracket', 'writ: [1\nrules: 2', [expect.stringMatching(/^2:/)]],
  ])('with %s says where', (_, text, wanted) => {
    const problems = problemsOf(text).map(shown)
    expect(problems).toHaveLength(wanted.length)
    expect(problems).toEqual(expect.arrayContaining(wanted))
  })

  it.each([
    ['{ path: args.a, op: eqq, value: 1 }', /^6:31 rules\[0\]\.when\.op: Invalid option/],
    ['{ path: arks.a, op: eq, value: 1 }', /^6:19 rules\[0\]\.when\.path: a path starts with one of/],
    ['{ path: args.a, op: eq }', /^6:11 rules\[0\]\.when: a comparison has either/],
    ['{ path: args.a, op: eq, vale: 1 }', /^6:35 rules\[0\]\.when\.vale: there is no member "vale" here/],
    [
      '{ all: [{ any: [] }, { not: { path: args.a, op: 7, value: 1 } }] }',
      /^6:59 rules\[0\]\.when\.all\[1\]\.not\.op: /,
    ],
    [
      '{ count: { class: [monney] }, op: gt, value: 1 }',
      /^6:30 rules\[0\]\.when\.count\.class\[0\]: Invalid option/,
    ],
    [
      '{ sum: args.a, window: 3d, op: gt, value: 1 }',
      /^6:34 rules\[0\]\.when\.window: a duration is a number/,
    ],
    ['7', /^6:11 rules\[0\]\.when: Invalid input: expected object/],
  ])('with the condition %s names the very place', (when, wanted) => {
    expect(problemsOf(ruleWith(when)).map(shown)[0]).toMatch(wanted)
  })

  it('with an unfit signal to modify points at its name', () => {
    const text = `${GOOD.replace('deny', 'modify')}    modify:\n      Pii: drop\n`
    expect(problemsOf(text).map(shown)).toEqual([
      expect.stringMatching(/^8:7 rules\[0\]\.modify\.Pii: this is no fit name/),
    ])
  })

  it('counts lines and columns behind CRLF, comments and characters beyond the BMP', () => {
    const text = `# 😀\r\n${GOOD.replaceAll('\n', '\r\n').replace('deny', 'denyy')}`
    expect(problemsOf(text).map(shown)).toEqual([expect.stringMatching(/^5:13 rules\[0\]\.effect: /)])
  })

  it('reports every problem, not the first', () => {
    const text = GOOD.replace('deny', 'denyy').replace('glob', 'globb')
    expect(
      problemsOf(text)
        .map(({ path }) => path)
        .sort(),
    ).toEqual(['rules[0].effect', 'rules[0].when.op'])
  })

  it('is bounded', () => {
    const bomb = `a: &a [1,1,1,1,1,1,1,1,1,1]\n${'bcdefgh'
      .split('')
      .map((name, at) => `${name}: &${name} [${`*${'abcdefg'[at]},`.repeat(10)}]`)
      .join('\n')}\n`
    expect(problemsOf(deep(20))).toEqual([])
    for (const text of [
      deep(5_000),
      bomb,
      '['.repeat(200_000),
      ' '.repeat(MAX_POLICY_TEXT + 1),
      '- '.repeat(50_000),
    ])
      expect(problemsOf(text).length).toBeGreaterThan(0)
  })

  it('that is YAML is no JSON', () => {
    expect(problemsOf(GOOD, 'json').map(shown)).toEqual(['1:1 : this is YAML, and not JSON'])
    expect(problemsOf('{"writ": 1,}', 'json').length).toBeGreaterThan(0)
  })

  it.each(['', '# nothing', 'null', '[]', '!!binary aGk=', '--- 1\n--- 2\n'])(
    'like %j is refused',
    (text) => {
      expect(problemsOf(text).length).toBeGreaterThan(0)
    },
  )
})

describe('a text that is made to take long', () => {
  it.each([
    [
      'thousands of keys in one map',
      Array.from({ length: 20_000 }, (_, at) => `k${at}: 1`).join('\n'),
      /at most 2000 keys/,
    ],
    ['thousands of aliases', `a: &a 1\nb: [${'*a,'.repeat(20_000)}]`, /refers to itself too often/],
    ['a key that stands twice', 'writ: 1\nwrit: 1', /must be unique/],
  ])('is refused for %s', (_, text, message) => {
    expect(
      problemsOf(text)
        .map((problem) => problem.message)
        .join(),
    ).toMatch(message)
  })
})
