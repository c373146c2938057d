import { describe, expect, it } from '@jest/globals'
import type { Condition, Decision, JsonObject } from '@writ/contracts'
import { Dice } from './dice.suite.ts'
import { conditionOf } from './generate-conditions.suite.ts'
import { caseOf } from './generate.suite.ts'
import { decided, groupOf, policy, question, rule } from './given.suite.ts'

const flags = (conditions: readonly Condition[]) =>
  conditions.map((when, at) => rule({ id: `r${at}`, effect: 'flag', when }))
const told = ({ matches }: Decision): readonly string[] =>
  matches.map((match) => `${match.rule} ${match.reason}`).toSorted()

/** Leaves of few paths, so that many rules share what they ask about. */
function sharing(dice: Dice): Condition {
  const path = dice.one(['args.a', 'args.gone', 'args.list.*', 'args.tree.a', 'content.arguments.a'])
  const op = dice.one(['contains', 'contains', 'eq', 'startsWith', 'gt', 'has', 'exists'] as const)
  const value =
    op === 'exists' ? dice.is(2) : op === 'gt' ? 1 : dice.one(['a', 'ab', 'x'.repeat(9), `${'x'.repeat(8)}y`])
  const leaf: Condition = { path, op, value, ...(dice.is(9) ? { required: true } : {}) }
  if (dice.is(3)) return { any: [leaf, dice.is(2) ? sharing(dice) : conditionOf(dice, 0)] }
  return dice.is(4) ? { all: [leaf, conditionOf(dice, 1)] } : dice.is(6) ? { not: leaf } : leaf
}

const ODD = 'the value of args.note is of a type that contains cannot judge'

describe('rules that are asked together', () => {
  it('answer as each of them does alone', () => {
    for (let seed = 1; seed <= 100; seed += 1) {
      const dice = new Dice(seed * 31)
      const rules = flags(Array.from({ length: 8 }, () => sharing(dice)))
      for (let number = 0; number < 6; number += 1) {
        const { asked, given } = caseOf(dice)
        const here = { ...asked, groups: [groupOf(1)] }
        const alone = rules.flatMap((one) => told(decided([policy([one])], here, given)))
        expect([seed, ...told(decided([policy(rules)], here, given))]).toEqual([seed, ...alone.toSorted()])
      }
    }
  })

  it.each([
    ['nothing', {}, []],
    ['null', { note: null }, []],
    ['another type', { note: 7 }, ['r0', 'r1', 'r2'].map((id) => `${id} because (not evaluated: ${ODD})`)],
    ['the beginning only', { note: 'a contract that is none' }, []],
    ['one of them', { note: 'a contract 12' }, ['r0 because', 'r1 because']],
  ] as readonly (readonly [string, JsonObject, readonly string[]])[])(
    'about an argument that is %s',
    (_, args, expected) => {
      const holding = ['contract 1', 'contract 12', 'contract 2'].map((value): Condition => ({
        path: 'args.note',
        op: 'contains',
        value,
      }))
      const rules = flags(holding)
      expect(told(decided([policy(rules)], question({ args })))).toEqual(expected)
    },
  )
})
