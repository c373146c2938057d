import type { PolicyDocument, PolicyTest, Question } from '@writ/contracts'
import { compilePolicies } from '../../compile.ts'
import type { PolicyGroup } from '../../compile.ts'
import { explain } from '../../explain.ts'
import type { Trace } from '../../explain.ts'
import { signalsSeen } from '../../signals-seen.ts'
import type { Position, PositionOf } from '../positions.ts'
import { asked, atOnce, givenFor } from './asked.ts'
import type { World } from './asked.ts'
import type { Difference } from './compare.ts'
import { differencesOf, ruleOf } from './compare.ts'
import { sessionAfter } from './history.ts'
import type { Scene } from './history.ts'
import type { ClassOf } from './scenario.ts'
import {
  outboundQuestion,
  policyOf,
  PROTECTED_POINTERS,
  questionOf,
  TEST_GROUP,
  TEST_KEYS,
} from './scenario.ts'

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
export const testPolicy = (
  document: PolicyDocument,
  tests: readonly PolicyTest[],
  options: TestOptions,
): TestReport => atOnce(testInSteps(document, tests, options))

/** The same for callers that hold up others: yields after each event of a history and each slice of what is inspected. */
export function* testInSteps(
  document: PolicyDocument,
  tests: readonly PolicyTest[],
  options: TestOptions,
): Generator<void, TestReport> {
  const documents = [document, ...(options.beside ?? [])]
  const worlds = { allow: worldOf(documents, 'allow', options), deny: worldOf(documents, 'deny', options) }
  const results: TestResult[] = []
  for (const [at, test] of tests.entries()) {
    const result = yield* resultOf(worlds[test.default], test)
    results.push({ ...result, ...options.positionOf?.(['tests', at]) })
    yield
  }
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
  return atOnce(traceOf(world, atOnce(caseQuestion(world, test))))
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
  const question = atOnce(caseQuestion(world, test))
  const { inspection } = atOnce(givenFor(world, question))
  const signals = inspection === null ? [] : signalsSeen(inspection, world.compiled.patternOwners).all
  return { question, signals }
}

function worldOf(
  documents: readonly PolicyDocument[],
  byDefault: PolicyTest['default'],
  { classOf, protectedPointers = PROTECTED_POINTERS }: TestOptions,
): World {
  const groups: PolicyGroup[] = [
    {
      id: TEST_GROUP,
      name: 'test',
      default: byDefault,
      oversize: 'deny',
      approvers: 'admins',
    },
  ]
  const compiled = compilePolicies(documents.map(policyOf), { groups, overrides: [] })
  return { compiled, classOf, protectedPointers }
}

function* resultOf(world: World, test: PolicyTest): Generator<void, TestResult> {
  const question = yield* caseQuestion(world, test)
  const decision = yield* asked(world, question)
  const differences = differencesOf(test, decision)
  const passed = differences.length === 0
  return {
    name: test.name,
    passed,
    outcome: decision.outcome,
    rules: decision.matches.map(ruleOf),
    differences,
    trace: passed ? null : yield* traceOf(world, question),
  }
}

function* caseQuestion(world: World, test: PolicyTest): Generator<void, Question> {
  const { compiled, classOf } = world
  const scene: Scene = {
    compiled,
    keys: TEST_KEYS,
    questionOf: (call, state, nowMs) => outboundQuestion({ test, classOf, state, nowMs }, call),
    decide: (question) => asked(world, question),
  }
  const nowMs = Date.parse(test.now)
  const state = yield* sessionAfter(scene, { ...test, nowMs })
  return questionOf({ test, classOf, state, nowMs })
}

function* traceOf(world: World, question: Question): Generator<void, Trace> {
  return explain(world.compiled, question, yield* givenFor(world, question))
}
