import { readFile } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { readCedar } from '@writ/cedar'
import type { CedarSource } from '@writ/cedar'
import { PolicyDocument, PolicyTest } from '@writ/contracts'
import type { PolicyFormat, PolicyProblem, PositionOf } from '@writ/policy/authoring'
import { isProblems, readSource } from '@writ/policy/authoring'
import { z } from 'zod'
import { Failure } from '../../failure.ts'

/** A policy as it stands in a file, with the way back to where each part of it is written. */
export type PolicyFile = {
  readonly file: string
  readonly document: PolicyDocument
  /** what stands in the file, where that is Cedar */
  readonly cedar: CedarSource | null
  readonly positionOf: PositionOf
}

/** A file with something that keeps it from being a policy. */
export type UnfitFile = { readonly file: string; readonly problems: readonly PolicyProblem[] }

export const isUnfit = (read: object): read is UnfitFile => 'problems' in read
export const isPolicyFile = (read: PolicyFile | UnfitFile): read is PolicyFile => !isUnfit(read)

/** Reads YAML, JSON or Cedar, by the ending of the name. @throws Failure where there is no such file, or no such ending */
export async function readPolicyFile(file: string): Promise<PolicyFile | UnfitFile> {
  const text = await textIn(file)
  if (extname(file) === '.cedar') return fromCedar(file, text)
  const read = readSource(text, formatOf(file), PolicyDocument)
  return isProblems(read)
    ? { file, problems: read }
    : { file, document: read.value, cedar: null, positionOf: read.positionOf }
}

/** Tests that stand in a file of their own: a list, or an object with `tests`. */
export type TestFile = {
  readonly file: string
  readonly tests: readonly PolicyTest[]
  readonly positionOf: PositionOf
}

const Tests = z.strictObject({ tests: z.array(PolicyTest).min(1).max(1000) })

export async function readTestFile(file: string): Promise<TestFile | UnfitFile> {
  const read = readSource(await textIn(file), formatOf(file), Tests)
  return isProblems(read)
    ? { file, problems: read }
    : { file, tests: read.value.tests, positionOf: read.positionOf }
}

/** @throws Failure */
export const textIn = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch(() => {
    throw new Failure(`cannot read ${file}`, 'Name a file that is there and that you may read.')
  })

const FORMATS: ReadonlyMap<string, PolicyFormat> = new Map([
  ['.yaml', 'yaml'],
  ['.yml', 'yaml'],
  ['.json', 'json'],
])

/** @throws Failure */
export function formatOf(file: string): PolicyFormat {
  const format = FORMATS.get(extname(file))
  if (format !== undefined) return format
  throw new Failure(
    `${basename(file)} could be anything`,
    'The name of a policy file ends in .yaml, .yml, .json or .cedar, and that of a file of tests in one of the first three.',
  )
}

function fromCedar(file: string, text: string): PolicyFile | UnfitFile {
  const read = readCedar(text, file, { title: basename(file, '.cedar') })
  if ('faults' in read)
    return {
      file,
      problems: read.faults.map(({ line, column, reason }) => ({ path: '', message: reason, line, column })),
    }
  const { document, places, notes } = read
  const positionOf: PositionOf = ([, at]) => {
    const { line, column } = places[document.rules[Number(at)]?.id ?? ''] ?? { line: 1, column: 1 }
    return { line, column }
  }
  return { file, document, cedar: { text, notes }, positionOf }
}

/** `file:line:column: message`, as editors and continuous integration know it. */
export const problemLines = ({ file, problems }: UnfitFile): readonly string[] =>
  problems.map(
    ({ line, column, path, message }) =>
      `${file}:${line}:${column}: error: ${path === '' ? '' : `${path}: `}${message}`,
  )
