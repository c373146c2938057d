import { classify } from '@writ/actions'
import { PROTECTED_POINTERS } from '@writ/mcp'
import type { ClassOf, TestReport, TestResult } from '@writ/policy/authoring'
import { explainLines, testPolicy } from '@writ/policy/authoring'
import type { ExitCode } from '../../failure.ts'
import { EXIT, Failure } from '../../failure.ts'
import type { Terminal } from '../../terminal.ts'
import { show } from '../../terminal.ts'
import type { PolicyFile, TestFile, UnfitFile } from './policy-file.ts'
import { isPolicyFile, isUnfit, problemLines, readPolicyFile, readTestFile } from './policy-file.ts'

export type TestOptions = {
  /** tests in files of their own; each is run against all policy files together */
  readonly tests: readonly string[]
}

const classOf: ClassOf = (message) => classify({ ...message, toolClasses: {} })

/** As in a gateway; classes are those of calls that nobody has configured anything about. */
export const AS_IN_A_GATEWAY = { classOf, protectedPointers: PROTECTED_POINTERS }

/**
 * Runs the tests that stand in policy files, each against the policy it stands with, and those of `--tests` against all the policies
 * together. 0: all pass. 1: one does not, or a file is no policy. 2: there is nothing to run.
 */
export async function testPolicies(
  files: readonly string[],
  { tests }: TestOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const policies = await Promise.all(files.map(readPolicyFile))
  const suites = await Promise.all(tests.map(readTestFile))
  const unfit = [...policies, ...suites].filter(isUnfit)
  const fit = policies.filter(isPolicyFile)
  const runs = unfit.length > 0 ? [] : [...fit.flatMap(ownRun), ...suiteRuns(fit, suites)]
  if (unfit.length === 0 && runs.length === 0)
    throw new Failure(
      'there are no tests in these files',
      'Write `tests` into the policy, or name a file of tests with --tests.',
    )
  show(terminal, { files: [...unfit, ...runs] }, linesOf(unfit, runs).join('\n'))
  const isGood = unfit.length === 0 && runs.every(({ failed }) => failed === 0)
  return isGood ? EXIT.ok : EXIT.no
}

type Run = TestReport & { readonly file: string }

function ownRun({ file, document, positionOf }: PolicyFile): readonly Run[] {
  if (document.tests === undefined || document.tests.length === 0) return []
  return [{ file, ...testPolicy(document, document.tests, { ...AS_IN_A_GATEWAY, positionOf }) }]
}

function suiteRuns(
  policies: readonly PolicyFile[],
  suites: readonly (TestFile | UnfitFile)[],
): readonly Run[] {
  const [first, ...others] = policies.map(({ document }) => document)
  if (first === undefined) return []
  return suites.flatMap((suite) =>
    isUnfit(suite)
      ? []
      : [
          {
            file: suite.file,
            ...testPolicy(first, suite.tests, {
              ...AS_IN_A_GATEWAY,
              positionOf: suite.positionOf,
              beside: others,
            }),
          },
        ],
  )
}

function linesOf(unfit: readonly UnfitFile[], runs: readonly Run[]): readonly string[] {
  return [
    ...unfit.flatMap(problemLines),
    ...runs.flatMap(({ file, passed, failed, results }) => [
      `${file}: ${passed} passed, ${failed} failed`,
      ...results.filter((result) => !result.passed).flatMap((result) => failureLines(file, result)),
    ]),
  ]
}

function failureLines(file: string, { name, line, differences, trace }: TestResult): readonly string[] {
  return [
    `  FAILED ${name} (${file}:${line ?? 1})`,
    ...differences.map(
      ({ what, expected, got }) =>
        `    ${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`,
    ),
    ...(trace === null ? [] : ['    why:', ...explainLines(trace).map((text) => `      ${text}`)]),
  ]
}
