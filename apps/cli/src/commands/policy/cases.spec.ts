import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { PROTECTED_POINTERS } from '@writ/mcp'
import { TEMPLATES } from '@writ/policy'
import { MAX_POLICY_TEXT } from '@writ/policy/authoring'
import { parse } from 'yaml'
import { z } from 'zod'
import { writ } from '../../given-terminal.suite.ts'

const PAST = {
  tool: z.string().nullable().optional(),
  class: z.string().optional(),
  args: z.record(z.string(), z.json()).optional(),
}

/** The part of the engine's own cases that a policy test can say, too: anything else in a case leaves it out. */
const Case = z.strictObject({
  id: z.int(),
  says: z.string(),
  policies: z.array(
    z.looseObject({ template: z.string().optional(), elsewhere: z.literal(false).optional() }),
  ),
  defaults: z.array(z.enum(['allow', 'deny'])).default([]),
  question: z.strictObject({
    ...PAST,
    method: z.string().optional(),
    content: z.json().optional(),
    repeated: z.strictObject({ text: z.string(), times: z.int() }).optional(),
    direction: z.string().optional(),
    channel: z.string().optional(),
    pin: z.string().default('approved'),
    trust: z.string().optional(),
  }),
  session: z
    .strictObject({
      labels: z.array(z.string()).default([]),
      history: z
        .array(
          z.strictObject({ ...PAST, ago: z.string(), event: z.enum(['call', 'denial']).default('call') }),
        )
        .default([]),
    })
    .prefault({}),
  protected: z.array(z.string()).default([]),
  want: z.object({
    outcome: z.string(),
    rules: z.array(z.string()),
    signals: z.array(z.string()).optional(),
    labels: z.array(z.string()).optional(),
    content: z.json().optional(),
  }),
})
type Case = z.infer<typeof Case>

const casesFolder = new URL('../../../../../libs/policy/cases/', import.meta.url)
const all = readdirSync(casesFolder)
  .sort()
  .flatMap((file) => {
    const text = readFileSync(new URL(file, casesFolder), 'utf8')
    return z.array(z.unknown()).parse(parse(text, { merge: true }))
  })
const cases = all.flatMap((one) => Case.safeParse(one).data ?? []).filter(canBeSaid)

/** A gateway protects what it protects, and what is too long for a file is too long for a test. A class that a test names is an admin's. */
function canBeSaid({ protected: pointers, policies, question: { repeated } }: Case): boolean {
  const isOwn = pointers.some((pointer) => !PROTECTED_POINTERS.includes(pointer))
  const isLong = repeated !== undefined && repeated.text.length * repeated.times > MAX_POLICY_TEXT / 2
  return !isOwn && !isLong && !JSON.stringify(policies).includes('action.classSource')
}

const GROUPS = [1, 3].map((number) => `grp_${String(number).padStart(26, '0')}`)

const NOTHING = { writ: 1, rules: [{ id: 'nothing', effect: 'flag', when: { any: [] }, reason: 'never' }] }

function documentsOf({ policies }: Case): readonly object[] {
  const documents = policies.map((policy) => {
    const found = TEMPLATES.find(({ name }) => name === policy.template)
    return found === undefined
      ? { ...policy, writ: 1, elsewhere: undefined }
      : { ...found.document, tests: undefined }
  })
  return documents.length > 0 ? documents : [NOTHING]
}

type Told = { readonly tool?: string | null | undefined; readonly class?: string | undefined }

/** The cases leave out what they do not care about; a test would ask the classifier. */
const told = <T extends Told>({ tool = 'push_files', class: given = 'write.shared', ...rest }: T) => ({
  ...rest,
  ...(tool === null ? {} : { tool }),
  connection: 'github',
  class: given,
})

function testOf({ says, defaults, question, session, want }: Case): object {
  const { repeated, content, ...rest } = question
  const text = repeated === undefined ? content : repeated.text.repeat(repeated.times)
  const { outcome, rules, signals, labels, content: passed } = want
  return {
    name: says,
    agent: { name: 'robot', groups: GROUPS.slice(0, 1) },
    human: { name: 'Ana', groups: GROUPS.slice(1) },
    default: defaults.includes('deny') ? 'deny' : 'allow',
    labels: session.labels,
    history: session.history.map(({ event, ...past }) => ({
      ...told(past),
      outcome: event === 'denial' ? 'deny' : 'allow',
    })),
    call: { ...told(rest), ...(text === undefined ? {} : { content: text }) },
    expect: {
      decision: outcome,
      rules,
      ...(signals === undefined ? {} : { signals }),
      ...(labels === undefined ? {} : { labels }),
      ...(passed === undefined ? {} : { content: passed }),
    },
  }
}

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-cases-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const file = (name: string, content: object): string => {
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify(content))
  return path
}

describe("the engine's own cases, through writ policy test", () => {
  it('are most of them', () => expect(cases.length / all.length).toBeGreaterThan(0.6))

  it.each(cases.map((one) => [one.id, one.says, one] as const))('%i: %s', async (_id, _says, one) => {
    const policies = documentsOf(one).map((document, at) => file(`${at}.json`, document))
    const tests = file('tests.json', { tests: [testOf(one)] })
    const { exitCode, stdout } = await writ(['policy', 'test', ...policies, '--tests', tests])
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('1 passed, 0 failed')])
  })
})
