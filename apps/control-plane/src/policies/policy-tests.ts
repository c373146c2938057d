import { setImmediate as turn } from 'node:timers/promises'
import { classify } from '@writ/actions'
import type { PolicyTest } from '@writ/contracts'
import { testPolicy } from '@writ/policy/authoring'
import type { ClassOf, TestReport, TestResult } from '@writ/policy/authoring'
import { unprocessable } from '../http/problem.ts'
import type { PolicyDraft } from './draft.ts'

const LONGEST_MS = 10_000

/** Runs tests with the engine that gateways run, one in each turn of the event loop. @throws 422 when they take too long */
export async function runTests(
  { document }: PolicyDraft,
  tests: readonly PolicyTest[],
): Promise<readonly TestResult[]> {
  const startedMs = performance.now()
  const results: TestResult[] = []
  for (const test of tests) {
    results.push(...testPolicy(document, [test], { classOf }).results)
    if (performance.now() - startedMs > LONGEST_MS) throw tooSlow()
    await turn()
  }
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

const tooSlow = () =>
  unprocessable(`the tests of the policy take longer than ${LONGEST_MS / 1000} s`, undefined)

/** A test has no connection of the tenant behind it: its classes are the classifier's, or its own. */
export const classOf: ClassOf = (message) => classify({ ...message, toolClasses: {} })
