import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import {
  ActionClass,
  Channel,
  Direction,
  JsonObjectSchema,
  JsonSchema,
  Outcome,
  PolicyDocument,
} from '@writ/contracts'
import { parse } from 'yaml'
import { z } from 'zod'
import { compilePolicies } from './compile.ts'
import { decide } from './decide.ts'
import { policy, question } from './given.suite.ts'
import { TEMPLATES } from './templates.ts'

/** Behaviour as data: neutral to the engine, so that every channel can run the same cases. */
const Case = z.strictObject({
  id: z.int().positive(),
  says: z.string().min(10),
  /** a policy document, or the name of a template; each attached to the caller's group unless `elsewhere` */
  policies: z.array(
    z.union([
      z.strictObject({ template: z.enum(['personal-data', 'prompt-injection']) }),
      z.strictObject({
        elsewhere: z.boolean().default(false),
        mode: z.enum(['enforce', 'shadow']).default('enforce'),
        rules: PolicyDocument.shape.rules,
      }),
    ]),
  ),
  question: z.strictObject({
    args: JsonObjectSchema.default({}),
    content: JsonSchema.optional(),
    /** content that is one text many times over, for what is too long to write down */
    repeated: z.strictObject({ text: z.string(), times: z.int() }).optional(),
    class: ActionClass.default('write'),
    tool: z.string().default('push_files'),
    direction: Direction.default('outbound'),
    channel: Channel.default('gateway'),
  }),
  protected: z.array(z.string()).default([]),
  want: z.strictObject({
    outcome: Outcome,
    /** rule ids in the order of the report; an errored one ends in `!` */
    rules: z.array(z.string()),
    signals: z.array(z.string()).optional(),
    /** what may pass, when it was modified */
    content: JsonSchema.optional(),
  }),
})
type Case = z.infer<typeof Case>

const folder = new URL('../cases/', import.meta.url)
const cases = readdirSync(folder)
  .sort()
  .flatMap((file) => z.array(Case).parse(parse(readFileSync(new URL(file, folder), 'utf8'))))

describe('the cases', () => {
  it('are numbered without gaps or repetition', () => {
    expect(cases.map((one) => one.id)).toEqual(cases.map((_, at) => at + 1))
  })

  it.each(cases.map((one) => [one.id, one.says, one] as const))('%i: %s', (_id, _says, one) => {
    const decision = decide(compilePolicies(policiesOf(one)), questionOf(one), {
      protectedPointers: one.protected,
    })
    const { outcome, rules, signals, content } = one.want
    expect(decision.outcome).toBe(outcome)
    expect(decision.matches.map((match) => `${match.rule}${match.errored ? '!' : ''}`)).toEqual(rules)
    expect(decision.modified).toBe(content !== undefined)
    if (content !== undefined) expect(decision.content).toEqual(content)
    if (signals !== undefined) expect(decision.signals).toEqual(signals)
  })
})

function policiesOf(one: Case) {
  return one.policies.map((source, at) => {
    if ('template' in source) {
      const rules = TEMPLATES.find((template) => template.name === source.template)?.document.rules ?? []
      return policy(rules, { number: at })
    }
    return policy(source.rules, { number: at, mode: source.mode, groups: [source.elsewhere ? 7 : 1] })
  })
}

function questionOf(one: Case) {
  const { args, content: given, repeated, direction, channel, ...action } = one.question
  const content = repeated === undefined ? given : repeated.text.repeat(repeated.times)
  const asked = question({ args, direction, channel, ...(content === undefined ? {} : { content }) })
  return { ...asked, action: { ...asked.action, ...action } }
}
