import { lintCedar } from '@writ/cedar'
import type { PolicyLintAnswer } from '@writ/contracts'
import { lintPolicy, stepsOf } from '@writ/policy/authoring'
import type { CatalogueTool } from '@writ/policy/authoring'
import type { z } from 'zod'
import type { ApiAccess } from '../../api.ts'
import type { ExitCode } from '../../failure.ts'
import { EXIT } from '../../failure.ts'
import type { Terminal } from '../../terminal.ts'
import { show } from '../../terminal.ts'
import { catalogueIn } from './catalogue-file.ts'
import type { PolicyFile, UnfitFile } from './policy-file.ts'
import { isPolicyFile, isUnfit, problemLines, readPolicyFile } from './policy-file.ts'
import { lintAtTenant } from './tenant.ts'

export type LintOptions = {
  /** asks the tenant's control plane, which knows tools, access groups and the other policies; null: only the files are known */
  readonly access: ApiAccess | null
  readonly replaces: string | undefined
  /** files with the tools that agents can call */
  readonly catalogue: readonly string[]
}

/** Looks over policy files, each beside the others. 0: nothing but notes. 1: an error, a warning, or a file that is no policy. */
export async function lintPolicies(
  files: readonly string[],
  options: LintOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const tools = await catalogueIn(options.catalogue)
  const read = await Promise.all(files.map(readPolicyFile))
  const fit = read.filter(isPolicyFile)
  const unfit = read.filter(isUnfit)
  const asking = { ...options, tools }
  const linted = await Promise.all(
    fit.map(async (policy) => ({ file: policy.file, findings: await findingsOf(policy, fit, asking) })),
  )
  show(terminal, { files: [...unfit, ...linted] }, linesOf(unfit, linted).join('\n'))
  const isClean = unfit.length === 0 && linted.every(({ findings }) => findings.every(isNote))
  return isClean ? EXIT.ok : EXIT.no
}

type Finding = z.infer<typeof PolicyLintAnswer>['findings'][number]
type Linted = { readonly file: string; readonly findings: readonly Finding[] }

const isNote = ({ level }: Finding): boolean => level === 'note'

type Asking = LintOptions & { readonly tools: readonly CatalogueTool[] }

async function findingsOf(
  policy: PolicyFile,
  all: readonly PolicyFile[],
  { access, replaces, tools }: Asking,
): Promise<readonly Finding[]> {
  if (access === null) return ownFindings(policy, all, tools)
  const { findings } = await lintAtTenant(access, { ...policy, replaces })
  // What is sent of a document is not the text of its file; of Cedar it is.
  if (policy.cedar !== null) return findings
  return findings.map((finding) => ({ ...finding, ...policy.positionOf(stepsOf(finding.path)) }))
}

function ownFindings(
  policy: PolicyFile,
  all: readonly PolicyFile[],
  catalogue: readonly CatalogueTool[],
): readonly Finding[] {
  const { document, positionOf, cedar } = policy
  const others = all
    .filter((other) => other !== policy)
    .map((other) => ({ name: other.file, document: other.document }))
  return [
    ...lintPolicy(document, { positionOf, others, catalogue }),
    ...(cedar === null ? [] : lintCedar(cedar, catalogue)),
  ]
}

function linesOf(unfit: readonly UnfitFile[], linted: readonly Linted[]): readonly string[] {
  const lines = [
    ...unfit.flatMap(problemLines),
    ...linted.flatMap(({ file, findings }) => findings.map((finding) => lineOf(file, finding))),
  ]
  return lines.length > 0 ? lines : ['nothing to remark']
}

function lineOf(file: string, { level, code, rule, message, line, column }: Finding): string {
  const where = `${file}:${line ?? 1}:${column ?? 1}`
  return `${where}: ${level}: ${rule === null ? '' : `${rule}: `}${message} (${code})`
}
