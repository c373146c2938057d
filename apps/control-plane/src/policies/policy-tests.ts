import { classify } from '@writ/actions'
import type { PolicyTest } from '@writ/contracts'
import { testInSteps } from '@writ/policy/authoring'
import type { ClassOf, TestReport, TestResult } from '@writ/policy/authoring'
import type { PolicyDraft } from './draft.ts'
import { Turns } from './turns.ts'

/** Runs tests with the engine that gateways run, while others of the process go on. @throws 422 when they take too long */
export async function runTests(
  { document }: PolicyDraft,
  tests: readonly PolicyTest[],
): Promise<readonly TestResult[]> {
  const turns = new Turns('the tests of the policy')
  const { results } = await turns.run(testInSteps(document, tests, { classOf }))
  return results
}

/** Every test with what came of it, and where it stands in the text that was sent. */
export async function testReport(draft: PolicyDraft): Promise<TestReport> {
  const results = await runTests(draft, draft.document.tests ?? [])
  const placed = results.map((result, at) => {
    const { line, column } = draft.errorAt(['tests', at], '')
    return { ...result, ...(line !== undefined && column !== undefined && { line, column }) }
  })
  const passed = results.filter((result) => result.passed).length
  return { passed, failed: results.length - passed, results: placed }
}

/** A test has no connection of the tenant behind it: its classes are the classifier's, or its own. */
export const classOf: ClassOf = (message) => classify({ ...message, toolClasses: {} })
