import { policyToJson } from './cedar-wasm.ts'
import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'
import type { BundlePolicy, PolicyDocument, Rule } from '@writ/contracts'
import { compilePolicies, decide } from '@writ/policy'
import type { Inspection } from '@writ/policy'
import { createAuthorizer } from './authorizer.ts'
import { readCedar } from './read-cedar.ts'
import { statementsOf } from './text/statements.ts'
import { questionToCedar } from './view/question-to-cedar.ts'
import type { Asked, CedarRequest } from './view/question-to-cedar.ts'

/** What one evaluator says of one rule. An error is skipped by Cedar and counts as matched here: that is the one documented difference. */
export type Answer = 'matches' | 'does not match' | 'errs'

/** A rule on which Cedar and the compiled form differ; there is none unless one of the two is wrong. */
export type Difference = {
  readonly rule: string
  readonly cedar: Answer
  readonly writ: Answer
  readonly request: CedarRequest
}

/**
 * Decides every question twice, with Cedar's own evaluator and with the rules that the text was read as, and compares them rule by rule.
 * Questions that Cedar cannot say are left out.
 * @throws RangeError where `readCedar` does not take the text
 */
export function agreesWithCedar(text: string, questions: readonly Asked[]): readonly Difference[] {
  const reading = readCedar(text, 'policy.cedar')
  if ('faults' in reading) throw new RangeError('only what was read can be compared')
  const { rules } = reading.document
  const authorize = createAuthorizer(formsOf(text, rules))
  const answer = createAnswerer(reading.document)
  return questions.flatMap((asked) => {
    const request = questionToCedar(asked)
    if (request === null) return []
    const { satisfied, errored } = authorize(request)
    const ours = answer(asked)
    return rules.flatMap(({ id }) => {
      const cedar: Answer = errored.has(id) ? 'errs' : satisfied.has(id) ? 'matches' : 'does not match'
      const writ = ours.get(id) ?? 'does not match'
      return cedar === writ ? [] : [{ rule: id, cedar, writ, request }]
    })
  })
}

/** The policies in Cedar's own form, by the id of the rule that each became. */
function formsOf(text: string, rules: readonly Rule[]): ReadonlyMap<string, PolicyJson> {
  const forms = statementsOf(text).map((statement, at): [string, PolicyJson] => {
    const answer = policyToJson(statement.text)
    if (answer.type === 'failure') throw new RangeError('only what was read can be compared')
    return [rules[at]?.id ?? '', answer.json]
  })
  return new Map(forms)
}

const GROUP: BundlePolicy['groups'][number] = `grp_${'0'.repeat(26)}`

/**
 * Asks the engine what matches. Every rule is made a flag on both directions, which changes nothing in what it matches and lets it be seen
 * beside every other.
 */
export function createAnswerer({
  patterns,
  rules,
}: PolicyDocument): (asked: Asked) => ReadonlyMap<string, Answer> {
  const flags = rules.map(({ id, when, unless, reason, channels }): Rule => ({
    id,
    when,
    reason,
    effect: 'flag',
    on: ['outbound', 'inbound'],
    ...(unless === undefined ? {} : { unless }),
    ...(channels === undefined ? {} : { channels }),
  }))
  const document: PolicyDocument = {
    writ: 1,
    mode: 'enforce',
    rules: flags,
    ...(patterns === undefined ? {} : { patterns }),
  }
  const policy: BundlePolicy = {
    id: `pol_${'0'.repeat(26)}`,
    name: 'Cedar',
    version: 1,
    groups: [GROUP],
    document,
  }
  const compiled = compilePolicies([policy], { groups: [], overrides: [] })
  return ({ question, signals }) => {
    const { matches } = decide(
      compiled,
      { ...question, groups: [GROUP] },
      { inspection: inspectionOf(signals), keys: null },
    )
    return new Map(matches.map(({ rule, errored }) => [rule, errored ? 'errs' : 'matches']))
  }
}

/** As if the detectors had seen these signals, and nothing of where. */
const inspectionOf = (signals: readonly string[]): Inspection => ({
  sightings: signals.map((signal) => ({ signal, path: '', start: 0, end: 0, place: 'text' })),
  fault: null,
})
