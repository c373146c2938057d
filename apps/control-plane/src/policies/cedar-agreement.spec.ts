import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { agreesWithCedar, questionToCedar } from '@writ/cedar'
import type { Asked } from '@writ/cedar'
import { PolicyTest } from '@writ/contracts'
import { parse } from 'yaml'
import { z } from 'zod'
import type { CedarOracle } from './cedar-agreement.ts'
import { draftOf } from './draft.ts'
import { requirePublishable } from './publishing.ts'

const CEDAR = `@id("no-money")
@reason("money is for people")
forbid (principal, action, resource)
when { context.action.class == "money" && context.args has amount && context.args.amount > 7000 };

@id("no-mail")
@reason("addresses stay here")
forbid (principal, action, resource)
when { context.signals.contains("pii.email") };
`

const TESTS = [
  {
    name: 'much money is denied',
    agent: { name: 'a', groups: ['interns'] },
    call: { tool: 'pay', class: 'money', args: { amount: 7777 } },
    expect: { decision: 'deny', rules: ['no-money'] },
  },
  {
    name: 'an address is denied',
    call: { tool: 'pay', args: { to: 'ana@example.com' } },
    expect: { decision: 'deny', rules: ['no-mail'] },
  },
]

const draftWith = (cedar: string, tests: readonly object[]) =>
  draftOf({
    asked: { cedar, tests: z.array(PolicyTest).parse(tests) },
    spotOf: () => ({ prefix: [] }),
  })

/** Cedar itself, which keeps what it was asked. */
function attentive(): { readonly oracle: CedarOracle; readonly asked: Asked[] } {
  const asked: Asked[] = []
  const oracle: CedarOracle = (text, questions) => {
    asked.push(...questions)
    return agreesWithCedar(text, questions)
  }
  return { oracle, asked }
}

/** An evaluator that differs on one rule, for the questions that are named. */
const contrary =
  (rule: string, isMeant: (asked: Asked) => boolean): CedarOracle =>
  (text, questions) => [
    ...agreesWithCedar(text, questions),
    ...questions.filter(isMeant).flatMap((asked) => {
      const request = questionToCedar(asked)
      return request === null ? [] : [{ rule, cedar: 'errs' as const, writ: 'matches' as const, request }]
    }),
  ]

describe('a policy in Cedar', () => {
  it('is publishable when Cedar agrees on its own tests, and on generated questions', async () => {
    const { oracle, asked } = attentive()
    await requirePublishable(draftWith(CEDAR, TESTS), oracle)
    const [money, mail, ...generated] = asked
    expect(money?.question).toMatchObject({
      agent: { name: 'a' },
      action: { class: 'money', tool: 'pay' },
      args: { amount: 7777 },
    })
    expect(mail?.signals).toEqual(['pii.email'])
    expect(generated.length).toBeGreaterThanOrEqual(200)
    expect(asked.slice(0, 2).map(questionToCedar)).not.toContain(null)
  })

  it.each([
    ['a test', 'no-money', ({ question }: Asked) => question.args['amount'] === 7777],
    [
      'the signals of a test',
      'no-mail',
      ({ question, signals }: Asked) => 'to' in question.args && signals.includes('pii.email'),
    ],
    ['a generated question', 'no-mail', ({ question }: Asked) => question.connection.name === 'github'],
  ])('is refused when Cedar differs on %s, and the rule is named', async (_, rule, isMeant) => {
    const published = requirePublishable(draftWith(CEDAR, TESTS), contrary(rule, isMeant))
    await expect(published).rejects.toMatchObject({
      problem: {
        status: 422,
        detail: 'the rules differ from what Cedar decides',
        errors: [
          {
            path: 'cedar',
            message: `${rule}: Cedar decides it otherwise`,
            line: rule === 'no-money' ? 1 : 6,
            column: 1,
          },
        ],
      },
    })
  })

  it('is not held against Cedar where it was not written in it', async () => {
    const { document } = draftWith(CEDAR, TESTS)
    const plain = draftOf({ asked: { document }, spotOf: () => ({ prefix: [] }) })
    await expect(
      requirePublishable(
        plain,
        contrary('no-money', () => true),
      ),
    ).resolves.toBeUndefined()
  })
})

const starters = new URL('../../../../libs/cedar/starters/', import.meta.url)
const textOf = (file: string) => readFileSync(new URL(file, starters), 'utf8')
const Suite = z.object({ tests: z.array(z.looseObject({})) })

describe('a starter file', () => {
  it.each(readdirSync(starters).filter((file) => file.endsWith('.cedar')))(
    '%s is publishable with its tests',
    async (file) => {
      const { tests } = Suite.parse(parse(textOf(file.replace('.cedar', '.tests.yaml'))))
      const { oracle, asked } = attentive()
      await requirePublishable(draftWith(textOf(file), tests), oracle)
      expect(asked.length).toBe(tests.length + 200)
    },
  )
})
