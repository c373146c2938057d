import { policyToJson, preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import { describe, expect, it } from '@jest/globals'
import { OPEN_METHODS } from '@writ/contracts'
import type { BundlePolicy, PolicyDocument } from '@writ/contracts'
import { compilePolicies, decide } from '@writ/policy'
import { agreesWithCedar, createAnswerer } from './agreement.ts'
import { evaluate } from './evaluate.suite.ts'
import { randomPolicy } from './expressions.suite.ts'
import { generateQuestions } from './questions/generate-questions.ts'
import { readCedar } from './read-cedar.ts'
import { questionToCedar } from './view/question-to-cedar.ts'
import type { Asked } from './view/question-to-cedar.ts'

const CASES = Number(process.env['WRIT_CEDAR_CASES'] ?? 20_000)
const QUESTIONS_EACH = 24
const TOGETHER = 12

const documentOf = (text: string): PolicyDocument | null => {
  const reading = readCedar(text, 'random.cedar')
  return 'document' in reading ? reading.document : null
}

/** Random policies by the dozen; those that are not taken are left out. */
const randomFile = (seed: number): { text: string; refused: number } => {
  const policies = Array.from({ length: TOGETHER }, (_, at) => randomPolicy(seed * TOGETHER + at))
  const taken = policies.filter((text) => documentOf(text) !== null)
  return { text: taken.join('\n'), refused: policies.length - taken.length }
}

describe('a Cedar policy that is taken', () => {
  it(`answers as Cedar does, over ${CASES} random policies and requests, errors included`, () => {
    const counts = { cases: 0, taken: 0, refused: 0, matches: 0, errs: 0 }
    for (let seed = 1; counts.cases < CASES; seed += 1) {
      const { text, refused } = randomFile(seed)
      const document = documentOf(text)
      if (document === null) throw new Error(text)
      counts.taken += document.rules.length
      counts.refused += refused
      const questions = generateQuestions(document.rules, seed, QUESTIONS_EACH)
      const [difference] = agreesWithCedar(text, questions)
      if (difference !== undefined)
        throw new Error(`${seed}: ${text}\n${JSON.stringify(difference, null, 1)}`)
      const answerOf = createAnswerer(document)
      for (const asked of questions.filter((one) => questionToCedar(one) !== null)) {
        counts.cases += document.rules.length
        for (const answer of answerOf(asked).values()) if (answer !== 'does not match') counts[answer] += 1
      }
    }
    expect(counts.matches).toBeGreaterThan(CASES / 20)
    expect(counts.errs).toBeGreaterThan(CASES / 20)
    expect(counts.refused).toBeLessThan(counts.taken / 4)
  }, 600_000)

  it('answers as a slow reading of its conditions does', () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const document = documentOf(randomPolicy(seed))
      const [rule] = document?.rules ?? []
      if (document === null || rule === undefined) continue
      const answerOf = createAnswerer(document)
      for (const asked of generateQuestions([rule], seed, 6)) {
        if (questionToCedar(asked) === null) continue
        const truth = evaluate(rule.when, asked)
        const expected = truth === null ? 'errs' : truth ? 'matches' : undefined
        expect({ seed, answer: answerOf(asked).get(rule.id) }).toEqual({ seed, answer: expected })
      }
    }
  })
})

const GROUP: BundlePolicy['groups'][number] = `grp_${'0'.repeat(26)}`

/** Several policies under a default of deny, as Cedar always has it. */
const deciderOf = (document: PolicyDocument) => {
  const group = { id: GROUP, name: 'all', default: 'deny', oversize: 'deny', approvers: 'admins' } as const
  const policy: BundlePolicy = {
    id: `pol_${'0'.repeat(26)}`,
    name: 'all',
    version: 1,
    groups: [GROUP],
    document,
  }
  const compiled = compilePolicies([policy], { groups: [group], overrides: [] })
  return ({ question, signals }: Asked) =>
    decide(
      compiled,
      { ...question, groups: [GROUP] },
      {
        inspection: {
          sightings: signals.map((signal) => ({ signal, path: '', start: 0, end: 0, place: 'text' })),
          fault: null,
        },
        keys: null,
      },
    )
}

/** The default is asked for what goes out and is no method that it lets pass. */
const isAskedDefault = ({ question }: Asked): boolean =>
  !OPEN_METHODS.has(question.action.method) && question.direction === 'outbound'

describe('the decision on a set of Cedar policies', () => {
  it('is that of Cedar, save that a forbid at fault denies where Cedar skips it', () => {
    const counts = { same: 0, allowed: 0, documented: 0 }
    for (let seed = 1; seed <= 300; seed += 1) {
      for (const { ours, cedar, forbidErrs } of decisionsOn(seed)) {
        expect({ seed, ours }).toEqual({ seed, ours: forbidErrs ? 'deny' : cedar })
        counts[forbidErrs && cedar === 'allow' ? 'documented' : 'same'] += 1
        counts.allowed += Number(ours === 'allow')
      }
    }
    expect(counts.same).toBeGreaterThan(500)
    expect(counts.allowed).toBeGreaterThan(50)
    expect(counts.documented).toBeGreaterThan(5)
  })

  it('is never wider than that of Cedar when a permit errs', () => {
    const text = 'permit (principal, action, resource) when { context.args.a == 1 };'
    expect(policyToJson(text).type).toBe('success')
    const document = documentOf(text)
    if (document === null) throw new Error('not read')
    const [asked] = generateQuestions([], 1, 1)
    if (asked === undefined) throw new Error('no question')
    const question = {
      ...asked.question,
      direction: 'outbound' as const,
      action: { ...asked.question.action, tool: 'x' },
    }
    expect(deciderOf(document)({ ...asked, question })).toMatchObject({ outcome: 'deny', byDefault: true })
  })
})

/** The decisions of both on one random set of three policies. */
function decisionsOn(seed: number) {
  const policies = [1, 2, 3].map((part) => randomPolicy(seed * 10 + part)).filter((text) => documentOf(text))
  const document = documentOf(policies.join('\n'))
  if (document === null) return []
  const staticPolicies = Object.fromEntries(policies.map((text, at) => [document.rules[at]?.id, text]))
  expect(preparsePolicySet('decisions', { staticPolicies })).toEqual({ type: 'success' })
  const denying = new Set(document.rules.filter(({ effect }) => effect === 'deny').map(({ id }) => id))
  const decideOurs = deciderOf(document)
  return generateQuestions(document.rules, seed, 8).flatMap((asked) => {
    const request = questionToCedar(asked)
    if (request === null || !isAskedDefault(asked)) return []
    const answer = statefulIsAuthorized({ ...request, preparsedPolicySetId: 'decisions' })
    if (answer.type === 'failure') throw new Error(answer.errors[0]?.message)
    const { decision, diagnostics } = answer.response
    const forbidErrs = diagnostics.errors.some(({ policyId }) => denying.has(policyId))
    return [{ ours: decideOurs(asked).outcome, cedar: decision, forbidErrs }]
  })
}
