import { describe, expect, it } from '@jest/globals'
import type { PolicyProblem } from './read-policy.ts'
import { isProblems, MAX_POLICY_TEXT, MAX_TOKENS, readPolicy } from './read-policy.ts'

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
      [
        '4:5 rules[0].effekt: there is no member "effekt" here; did you mean "effect"?',
        '3:5 rules[0].effect: this is missing',
      ],
    ],
    ['a missing rule list', 'writ: 1\n', ['1:1 rules: this is missing']],
    ['a duplicate key', 'writ: 1\nwrit: 1\n', ['2:1 : "writ" stands here twice: take one out']],
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
    [
      '{ path: args.a, op: eqq, value: 1 }',
      /^6:31 rules\[0\]\.when\.op: this is "eqq", and has to be one of "eq", "ne"/,
    ],
    ['{ path: arks.a, op: eq, value: 1 }', /^6:19 rules\[0\]\.when\.path: a path starts with one of/],
    ['{ path: args.a, op: eq }', /^6:11 rules\[0\]\.when: a comparison has either/],
    ['{ path: args.a, op: eq, vale: 1 }', /^6:35 rules\[0\]\.when\.vale: there is no member "vale" here/],
    [
      '{ all: [{ any: [] }, { not: { path: args.a, op: 7, value: 1 } }] }',
      /^6:59 rules\[0\]\.when\.all\[1\]\.not\.op: /,
    ],
    [
      '{ count: { class: [monney] }, op: gt, value: 1 }',
      /^6:30 rules\[0\]\.when\.count\.class\[0\]: this is "monney", and has to be one of /,
    ],
    [
      '{ sum: args.a, window: 3d, op: gt, value: 1 }',
      /^6:34 rules\[0\]\.when\.window: a duration is a number/,
    ],
    ['7', /^6:11 rules\[0\]\.when: this is a number, and has to be a map/],
  ])('with the condition %s names the very place', (when, wanted) => {
    expect(problemsOf(ruleWith(when)).map(shown)[0]).toMatch(wanted)
  })

  it.each([
    ['', '1:1 : this is empty, and has to be a map'],
    ['writ: "1"\nrules: []\n', '1:7 writ: this is "1", and has to be 1'],
    ['writ: 1\nrules: { a: 1 }\n', '2:8 rules: this is a map, and has to be a list'],
    [
      'writ: 1\nrules:\n  - id: a\n   effect: deny\n',
      '4:1 : this line is indented differently from those that it belongs to',
    ],
    [GOOD.replace('reason: no', 'reason: 7'), '6:13 rules[0].reason: this is a number, and has to be a text'],
    [
      GOOD.replace('effect: deny', 'effect: ask\n    ask: { ttl: 1 hour }'),
      '5:17 rules[0].ask.ttl: a duration is a number with s, m or h, e.g. 15m',
    ],
  ])('like %j is refused once, in words that say what to do', (text, wanted) =>
    expect(problemsOf(text).map(shown)[0]).toBe(wanted),
  )

  it('with a misspelt member of a condition is compared with the form that it is nearest to', () =>
    expect(problemsOf(ruleWith('{ pth: args.a, op: gt, value: 1 }')).map(shown)).toEqual([
      '6:11 rules[0].when.path: this is missing',
      '6:13 rules[0].when.pth: there is no member "pth" here; did you mean "path"?',
    ]))

  it('with a misspelt condition says that it is missing, and not that it is empty', () =>
    expect(problemsOf(GOOD.replace('when:', 'whem:')).map(shown)).toEqual([
      '3:5 rules[0].when: this is missing',
      '5:5 rules[0].whem: there is no member "whem" here; did you mean "when"?',
    ]))

  it('with one mistake of indentation or duration has one problem', () => {
    expect(problemsOf('writ: 1\nrules:\n  - id: a\n   effect: deny\n')).toHaveLength(1)
    expect(problemsOf(GOOD.replace('effect: deny', 'effect: ask\n    ask: { ttl: 1 hour }'))).toHaveLength(1)
  })

  it('shows no more than the beginning of what is wrong', () => {
    const [problem] = problemsOf(GOOD.replace('effect: deny', `effect: ${'x'.repeat(5000)}`))
    expect(problem?.message.length).toBeLessThan(200)
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
      Array.from({ length: 4_000 }, (_, at) => `k${at}: 1`).join('\n'),
      /at most 2000 keys/,
    ],
    ['thousands of aliases', `a: &a 1\nb: [${'*a,'.repeat(5_000)}]`, /refers to itself too often/],
    ['a key that stands twice', 'writ: 1\nwrit: 1', /stands here twice/],
  ])('is refused for %s', (_, text, message) => {
    expect(
      problemsOf(text)
        .map((problem) => problem.message)
        .join(),
    ).toMatch(message)
  })

  it.each<readonly [string, string, number, number]>([
    ['items of a list', '- 1\n'.repeat(60_000), MAX_TOKENS / 2 + 1, 1],
    ['items in brackets', `[${'1,'.repeat(120_000)}1]`, 1, MAX_TOKENS + 1],
    ['brackets that close nothing', `a: 1\n${'}'.repeat(200_000)}`, 2, MAX_TOKENS - 2],
    ['lists in lists', '- '.repeat(100_000), 1, 2 * MAX_TOKENS + 1],
    ['aliases of nothing', `a:\n${'*a '.repeat(80_000)}`, 2, 3 * (MAX_TOKENS - 2) + 1],
    ['anchors', '&a '.repeat(80_000), 1, 3 * MAX_TOKENS + 1],
  ])('is refused before it is parsed, where it becomes too long: %s', (_, text, line, column) => {
    const problems = problemsOf(text)
    expect(problems).toEqual([
      { path: '', message: `the text has more than ${MAX_TOKENS} words and signs`, line, column },
    ])
  })
})
