import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import type { Action } from '@writ/contracts'
import { PolicyDocument } from '@writ/contracts'
import { testPolicy } from './authoring/testing/test-policy.ts'
import type { ClassOf } from './authoring/testing/scenario.ts'
import { TEMPLATES } from './templates.ts'
import { casesOf } from './templates/policy-template.ts'

/** The cases of templates say every class themselves. */
const classOf: ClassOf = ({ method, named, connectionName }): Action => ({
  method,
  tool: named,
  class: 'exec',
  classSource: 'default',
  resource: `${connectionName}/${named ?? method}`,
})

const named = (name: string) => {
  const template = TEMPLATES.find((one) => one.name === name)
  if (template === undefined) throw new Error(`there is no template ${name}`)
  return template
}

const beside = (name: string) =>
  TEMPLATES.filter((other) => other.name !== name).map(({ document }) => document)

const row = ({ name, title, stops, costs }: (typeof TEMPLATES)[number]): string =>
  `| \`${name}\` | ${title} | ${stops} | ${costs} |`

describe.each(TEMPLATES.map((template) => [template.name, template] as const))(
  'the template %s',
  (_, template) => {
    const { document } = template
    const tests = document.tests ?? []

    it('is a policy document, and stays one when it is stored', () => {
      expect(PolicyDocument.parse(JSON.parse(JSON.stringify(document)))).toEqual(document)
      expect(JSON.stringify(document).length).toBeLessThan(16_000)
    })

    it('passes its own tests', () => {
      const { results } = testPolicy(document, tests, { classOf })
      expect(results.filter(({ passed }) => !passed)).toEqual([])
    })

    it('has a case for each of its rules, and one that no rule matches', () => {
      const matched = new Set(
        tests.flatMap(({ expect: { rules = [] } }) => rules.map((rule) => rule.replace('!', ''))),
      )
      const inCases = document.rules.map(({ id }) => id).filter((id) => !UNTESTED.has(id))
      expect([...matched]).toEqual(expect.arrayContaining(inCases.filter((id) => !MARKED_ELSEWHERE.has(id))))
      expect(tests.some(({ expect: { rules } }) => rules?.length === 0)).toBe(true)
    })

    it('says what it stops and what it costs', () => {
      for (const text of [template.stops, template.costs]) expect(text.length).toBeGreaterThan(120)
      expect(document.title).toBe(template.title)
    })
  },
)

/** Needs a value that a gateway has lent, which no case can say. */
const UNTESTED = new Set(['abort-on-known-secret'])
/** The same rule in several templates; a case of one is enough. */
const MARKED_ELSEWHERE = new Set(['mark-untrusted'])

describe('the templates', () => {
  it('have names of their own, and two of them are attached to every new tenant', () => {
    expect(new Set(TEMPLATES.map(({ name }) => name)).size).toBe(22)
    const attached = TEMPLATES.filter(({ attachedByDefault }) => attachedByDefault)
    expect(attached.map(({ name, title }) => [name, title])).toEqual([
      ['prompt-injection', 'Prompt Injection Protection'],
      ['personal-data', 'PII Protection'],
    ])
  })

  it('stand in the documentation, word for word', () => {
    const page = readFileSync(new URL('../../../docs/templates.md', import.meta.url), 'utf8')
    const rows = page
      .slice(0, page.indexOf('\n## '))
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.replace(/ +\|/g, ' |'))
    expect(rows).toEqual(TEMPLATES.map(row))
  })

  it('pass all their tests when all of them are attached beside each other, as far as stricter ones let them', () => {
    for (const { name, document } of TEMPLATES) {
      const strict = (document.tests ?? []).filter(({ expect: { decision } }) => decision !== 'allow')
      const { results } = testPolicy(document, strict, { classOf, beside: beside(name) })
      for (const { outcome } of results) expect(['abort', 'deny', 'ask']).toContain(outcome)
    }
  })

  it.each([
    [499, 'allow'],
    [500, 'abort'],
  ])('end a session after %i calls: %s', (calls, decision) => {
    const [test] = casesOf({
      name: 'many calls',
      history: Array.from({ length: calls }, () => ({ tool: 'get_order', class: 'read.private' })),
      call: { tool: 'get_order', class: 'read.private' },
      expect: { decision },
    })
    if (test === undefined) throw new Error('there is a case')
    expect(testPolicy(named('budget').document, [test], { classOf })).toMatchObject({ passed: 1 })
  })
})
