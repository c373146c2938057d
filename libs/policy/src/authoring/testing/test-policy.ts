import type { Bundle, PolicyDocument, PolicyTest, Question } from '@writ/contracts'
import { compilePolicies } from '../../compile.ts'
import { explain } from '../../explain.ts'
import type { Trace } from '../../explain.ts'
import { signalsSeen } from '../../signals-seen.ts'
import type { Position, PositionOf } from '../positions.ts'
import { asked, givenFor } from './asked.ts'
import type { World } from './asked.ts'
import type { Difference } from './compare.ts'
import { differencesOf, ruleOf } from './compare.ts'
import { sessionAfter } from './history.ts'
import type { ClassOf } from './scenario.ts'
import { policyOf, PROTECTED_POINTERS, questionOf, TEST_GROUP } from './scenario.ts'

export type TestOptions = {
  readonly classOf: ClassOf
  /** those of the gateway; a tool's name and a resource's URI when left out */
  readonly protectedPointers?: readonly string[]
  /** policies that are attached beside the one under test, for cases about several */
  readonly beside?: readonly PolicyDocument[]
  /** finds where the n-th test is written: asked with `['tests', n]` */
  readonly positionOf?: PositionOf
}

export type TestResult = Partial<Position> & {
  readonly name: string
  readonly passed: boolean
  readonly outcome: string
  /** rules that matched, an errored one with `!` */
  readonly rules: readonly string[]
  readonly differences: readonly Difference[]
  /** why it was decided so; for failing cases only */
  readonly trace: Trace | null
}

export type TestReport = {
  readonly passed: number
  readonly failed: number
  readonly results: readonly TestResult[]
}

/** Runs cases through the functions that gateways decide with; no clock, no keys of a tenant, nothing is sent anywhere. */
export function testPolicy(
  document: PolicyDocument,
  tests: readonly PolicyTest[],
  options: TestOptions,
): TestReport {
  const documents = [document, ...(options.beside ?? [])]
  const worlds = { allow: worldOf(documents, 'allow', options), deny: worldOf(documents, 'deny', options) }
  const results = tests.map((test, at) => ({
    ...resultOf(worlds[test.default], test),
    ...options.positionOf?.(['tests', at]),
  }))
  const passed = results.filter((result) => result.passed).length
  return { passed, failed: results.length - passed, results }
}

/** One case with every reason for its decision, whether it passes or not. */
export function explainCase(
  documents: readonly PolicyDocument[],
  test: PolicyTest,
  options: Pick<TestOptions, 'classOf' | 'protectedPointers'>,
): Trace {
  const world = worldOf(documents, test.default, options)
  return traceOf(world, caseQuestion(world, test))
}

/** A question, with the signals that the detectors publish for it. */
export type AskedByTest = { readonly question: Question; readonly signals: readonly string[] }

/** What a case asks, in the session that its history makes: for whoever decides it with something else than the engine. */
export function askedByTest(
  document: PolicyDocument,
  test: PolicyTest,
  options: Pick<TestOptions, 'classOf'>,
): AskedByTest {
  const world = worldOf([document], test.default, options)
  const question = caseQuestion(world, test)
  const { inspection } = givenFor(world, question)
  const signals = inspection === null ? [] : signalsSeen(inspection, world.compiled.patternOwners).all
  return { question, signals }
}

function worldOf(
  documents: readonly PolicyDocument[],
  byDefault: PolicyTest['default'],
  { classOf, protectedPointers = PROTECTED_POINTERS }: TestOptions,
): World {
  const groups: Bundle['groups'] = [
    { id: TEST_GROUP, name: 'test', default: byDefault, oversize: 'deny', approvers: 'admins' },
  ]
  const compiled = compilePolicies(documents.map(policyOf), { groups, overrides: [] })
  return { compiled, classOf, protectedPointers }
}

function resultOf(world: World, test: PolicyTest): TestResult {
  const question = caseQuestion(world, test)
  const decision = asked(world, question)
  const differences = differencesOf(test, decision)
  const passed = differences.length === 0
  return {
    name: test.name,
    passed,
    outcome: decision.outcome,
    rules: decision.matches.map(ruleOf),
    differences,
    trace: passed ? null : traceOf(world, question),
  }
}

function caseQuestion(world: World, test: PolicyTest): Question {
  const state = sessionAfter(world, test)
  return questionOf({ test, classOf: world.classOf, state, nowMs: Date.parse(test.now) })
}

const traceOf = (world: World, question: Question): Trace =>
  explain(world.compiled, question, givenFor(world, question))
