import { describe, expect, it } from '@jest/globals'
import { PolicyDocument } from '@writ/contracts'
import { isProblems, readSource } from '../read-policy.ts'
import type { LintFinding } from './finding.ts'
import type { LintGroup } from './groups.ts'
import type { LintOptions } from './lint-policy.ts'
import { countsAsFinding, lintPolicy } from './lint-policy.ts'
import type { CatalogueTool } from './reach.ts'

const read = (text: string): { document: PolicyDocument } & Required<Pick<LintOptions, 'positionOf'>> => {
  const source = readSource(text, 'yaml', PolicyDocument)
  if (isProblems(source)) throw new Error(JSON.stringify(source))
  return { document: source.value, positionOf: source.positionOf }
}
const linted = (text: string, options: LintOptions = {}): readonly LintFinding[] => {
  const { document, positionOf } = read(text)
  return lintPolicy(document, { positionOf, ...options }).filter(countsAsFinding)
}
const codes = (findings: readonly LintFinding[]): readonly string[] => findings.map(({ code }) => code)
const ruleWith = (when: string, more = ''): string =>
  `writ: 1\nrules:\n  - id: a\n    effect: deny\n    reason: no\n    when: ${when}\n${more}`

const asking = (path: string): string =>
  ruleWith(
    `{ all: [{ path: action.tool, op: eq, value: push_files }, { path: ${path}, op: exists, value: true }] }`,
  )

const two = (first: string, second: string): string =>
  `writ: 1\nrules:\n  - { id: a, reason: x, ${first} }\n  - { id: b, reason: x, ${second} }\n`

const group = (more: Partial<LintGroup>): LintGroup => ({
  name: 'default',
  default: 'allow',
  approvers: 'admins',
  isAttached: true,
  policies: 1,
  ...more,
})

const withEffect = (effect: string): string => ruleWith('{ all: [] }').replace('deny', effect)

describe('contradictions', () => {
  it.each([
    '{ all: [{ path: args.a, op: eq, value: 1 }, { path: args.a, op: eq, value: 2 }] }',
    '{ all: [{ path: args.a, op: eq, value: 1 }, { all: [{ path: args.a, op: in, value: [2, 3] }] }] }',
    '{ all: [{ path: args.a, op: ne, value: 1 }, { path: args.a, op: eq, value: 1 }] }',
    '{ all: [{ path: args.a, op: gt, value: 5 }, { path: args.a, op: lt, value: 5 }] }',
    '{ all: [{ path: args.a, op: gte, value: 5 }, { path: args.a, op: lt, value: 5 }] }',
    '{ all: [{ path: args.a, op: eq, value: 4 }, { path: args.a, op: gt, value: 4 }] }',
    '{ all: [{ path: args.a, op: startsWith, value: ab }, { path: args.a, op: startsWith, value: ac }] }',
    '{ all: [{ path: args.a, op: eq, value: ab }, { path: args.a, op: glob, value: "c*" }] }',
    '{ all: [{ path: args.a, op: exists, value: false }, { path: args.a, op: contains, value: c }] }',
    '{ all: [{ path: env.now, op: after, value: "2026-01-02T00:00:00Z" }, { path: env.now, op: before, value: "2026-01-01T00:00:00Z" }] }',
    '{ any: [{ all: [{ path: args.a, op: eq, value: 1 }, { path: args.a, op: eq, value: 2 }] }] }',
    '{ not: { all: [{ path: args.a, op: eq, value: 1 }, { path: args.a, op: eq, value: 2 }] } }',
  ])('in %s are found', (when) => expect(codes(linted(ruleWith(when)))).toEqual(['contradiction']))

  it.each([
    '{ all: [{ path: args.a, op: eq, value: 1 }, { path: args.b, op: eq, value: 2 }] }',
    '{ any: [{ path: args.a, op: eq, value: 1 }, { path: args.a, op: eq, value: 2 }] }',
    '{ all: [{ path: args.a, op: gte, value: 5 }, { path: args.a, op: lte, value: 5 }] }',
    '{ all: [{ path: args.a, op: eq, value: x }, { path: args.a, op: gt, value: 4 }] }',
    '{ all: [{ path: args.*.a, op: has, value: 1 }, { path: args.*.a, op: has, value: 2 }] }',
    '{ all: [{ path: args.a, op: exists, value: false }, { path: args.a, op: ne, value: 1 }] }',
    '{ all: [{ path: args.a, op: startsWith, value: ab }, { path: args.a, op: startsWith, value: abc }] }',
  ])('are not seen in %s', (when) => expect(linted(ruleWith(when))).toEqual([]))

  it('are placed at the later of both', () => {
    const [finding] = linted(
      ruleWith(
        '\n      all:\n        - { path: args.a, op: eq, value: 1 }\n        - { path: args.a, op: eq, value: 2 }',
      ),
    )
    expect(finding).toEqual({
      level: 'error',
      code: 'contradiction',
      rule: 'a',
      path: 'rules[0].when.all[1]',
      message: 'args.a eq 2 cannot hold together with args.a eq 1',
      line: 9,
      column: 11,
    })
  })

  it.each(['{ any: [] }', '{ path: args.a, op: in, value: [] }'])(
    'a choice of nothing, %s, is one',
    (when) => {
      expect(codes(linted(ruleWith(when)))).toEqual(['never-holds'])
    },
  )

  it.each(['{ all: [] }', '{ path: args.a, value: 1, op: eq }'])(
    'a rule undone by its own unless, %s, is one',
    (unless) => {
      const text = ruleWith('{ path: args.a, op: eq, value: 1 }', `    unless: ${unless}\n`)
      expect(codes(linted(text))).toEqual(['cancelled'])
    },
  )
})

describe('a part that can never be evaluated', () => {
  const errs = '{ path: args, op: gt, value: 0, required: true }'

  it.each([
    ['deny', 'denies'],
    ['allow', 'does not allow'],
    ['flag', 'flags'],
  ])('in a rule to %s is an error that says that it %s', (effect, outcome) => {
    const text = ruleWith(`{ all: [{ path: action.tool, op: eq, value: x }, ${errs}] }`).replace(
      'deny',
      effect,
    )
    expect(linted(text)).toMatchObject([
      { code: 'always-errs', level: 'error', line: 6, message: expect.stringContaining(`it ${outcome}`) },
    ])
  })

  it('is none where another part may settle the rule', () =>
    expect(linted(ruleWith(`{ any: [{ path: action.tool, op: eq, value: x }, ${errs}] }`))).toEqual([]))
})

const tool = (name: string, more: Partial<CatalogueTool> = {}): CatalogueTool => ({
  connection: 'github',
  trust: 'external',
  tool: name,
  class: 'write.shared',
  classSource: 'admin',
  inputSchema: { type: 'object', properties: { branch: { type: 'string' } } },
  ...more,
})
const catalogue = [tool('push_files'), tool('create_issue')]

describe('rules that can match no tool of the catalogue', () => {
  it.each([
    '{ path: action.tool, op: eq, value: push_file }',
    '{ path: connection.name, op: in, value: [gitlab] }',
    '{ path: action.class, op: eq, value: money }',
    '{ all: [{ path: action.tool, op: eq, value: push_files }, { path: connection.trust, op: eq, value: internal }] }',
    '{ any: [{ path: action.tool, op: glob, value: "delete*" }] }',
    '{ not: { path: connection.name, op: eq, value: github } }',
  ])('%s is reported', (when) => {
    expect(codes(linted(ruleWith(when), { catalogue }))).toEqual(['unreachable'])
    expect(linted(ruleWith(when))).toEqual([])
  })

  it.each([
    '{ path: action.tool, op: eq, value: push_files }',
    '{ any: [{ path: action.tool, op: eq, value: gone }, { path: agent.name, op: eq, value: a }] }',
    '{ path: action.method, op: eq, value: tools/list }',
  ])('%s is not', (when) => expect(linted(ruleWith(when), { catalogue })).toEqual([]))

  it('take into account that arguments raise a class that was inferred', () => {
    const when = '{ path: action.class, op: eq, value: destructive }'
    const inferred = [tool('query', { class: 'read.private', classSource: 'inferred' })]
    expect(linted(ruleWith(when), { catalogue: inferred })).toEqual([])
    expect(
      codes(linted(ruleWith('{ path: action.class, op: eq, value: read.public }'), { catalogue: inferred })),
    ).toEqual(['unreachable'])
  })

  it('are reported by trust only where trust is known', () => {
    const internal = ruleWith('{ path: connection.trust, op: eq, value: internal }')
    expect(codes(linted(internal, { catalogue }))).toEqual(['unreachable'])
    expect(linted(internal, { catalogue: [tool('push_files', { trust: null })] })).toEqual([])
  })

  it('leave rules about local actions alone', () => {
    const text = ruleWith('{ path: action.tool, op: eq, value: shell }', '    channels: [hooks]\n')
    expect(linted(text, { catalogue })).toEqual([])
  })
})

describe('arguments that no tool has', () => {
  it('are reported for the tools that the rule can match', () => {
    expect(linted(asking('args.brunch'), { catalogue })).toMatchObject([
      {
        code: 'unknown-argument',
        path: 'rules[0].when.all[1].path',
        message: expect.stringContaining('"brunch"'),
      },
    ])
    expect(linted(asking('args.branch.name'), { catalogue })).toEqual([])
    expect(linted(asking('args.brunch'), { catalogue: [tool('push_files', { inputSchema: null })] })).toEqual(
      [],
    )
  })
})

describe('what does nothing', () => {
  const main = '{ path: args.a, op: eq, value: 1 }'
  const more = `{ all: [${main}, { path: args.b, op: eq, value: 1 }] }`

  it('a flag behind a stricter rule', () => {
    expect(codes(linted(two(`effect: deny, when: ${main}`, `effect: flag, when: ${more}`)))).toEqual([
      'shadowed-flag',
    ])
  })

  it.each([
    [`effect: deny, when: ${more}`, `effect: flag, when: ${main}`],
    [`effect: deny, when: ${main}, unless: ${more}`, `effect: flag, when: ${main}`],
    [`effect: deny, on: [outbound], when: ${main}`, `effect: flag, when: ${main}`],
    [`effect: deny, channels: [hooks], when: ${main}`, `effect: flag, when: ${main}`],
    [`effect: modify, modify: { "*": drop }, when: ${main}`, `effect: flag, when: ${main}`],
    [`effect: deny, when: ${main}`, `effect: flag, when: ${main}, labels: { add: [seen] }`],
  ])('is not said of a flag that says more: %s and %s', (first, second) => {
    expect(linted(two(first, second))).toEqual([])
  })

  it('a second rule of the same id', () => {
    const text = two(`effect: deny, when: ${main}`, `effect: flag, when: { all: [] }`).replace(
      'id: b',
      'id: a',
    )
    expect(codes(linted(text))).toEqual(['duplicate-rule'])
  })

  it('a pattern that no rule asks for', () => {
    const text = `writ: 1\npatterns: { used: 'a', also: 'b', seen: 'c', idle: 'd' }\nrules:
  - { id: a, effect: deny, reason: x, when: { path: args.a, op: matches, value: used } }
  - { id: b, effect: deny, reason: x, when: { path: content.signals, op: has, value: pattern.seen } }
  - { id: c, effect: modify, reason: x, when: { all: [] }, modify: { 'pattern.al*': drop } }\n`
    expect(linted(text)).toMatchObject([{ code: 'unused-pattern', path: 'patterns.idle', line: 2 }])
  })

  it('is noted of a policy without tests, and of a rule that another policy has too', () => {
    const { document, positionOf } = read(ruleWith(main))
    const notes = lintPolicy(document, { positionOf, others: [{ name: 'other', document }] })
    expect(codes(notes)).toEqual(['untested', 'repeated-elsewhere'])
    expect(notes.some(countsAsFinding)).toBe(false)
  })
})

describe('in the access groups', () => {
  it('an ask that nobody can answer is a deny', () => {
    const groups = [group({ approvers: 'nobody', name: 'robots' })]
    expect(linted(withEffect('ask'), { groups })).toMatchObject([
      { code: 'unanswerable-ask', message: expect.stringContaining('robots') },
    ])
    expect(linted(withEffect('ask'), { groups: [group({})] })).toEqual([])
  })

  it('an allow rule does nothing where all is allowed', () => {
    expect(codes(linted(withEffect('allow'), { groups: [group({})] }))).toEqual(['idle-allow'])
    expect(linted(withEffect('allow'), { groups: [group({}), group({ default: 'deny' })] })).toEqual([])
    expect(linted(withEffect('allow'))).toEqual([])
  })

  it('one without any policy has no baseline', () => {
    const bare = { isAttached: false, policies: 0, name: 'bare' }
    expect(codes(linted(withEffect('deny'), { groups: [group(bare)] }))).toEqual(['no-baseline'])
    expect(linted(withEffect('deny'), { groups: [group({ ...bare, default: 'deny' })] })).toEqual([])
  })
})
