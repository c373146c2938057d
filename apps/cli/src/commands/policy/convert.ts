import { writeFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { formatCedar, toCedar } from '@writ/cedar'
import type { PolicyProblem } from '@writ/policy/authoring'
import { formatPolicy, writePolicy } from '@writ/policy/authoring'
import type { ExitCode } from '../../failure.ts'
import { EXIT, Failure } from '../../failure.ts'
import type { Terminal } from '../../terminal.ts'
import { show } from '../../terminal.ts'
import type { PolicyFile, UnfitFile } from './policy-file.ts'
import type { Notation } from './notations.ts'
import { formatOf, isUnfit, problemLines, readPolicyFile, textIn } from './policy-file.ts'

/** Prints a policy in another notation. 0: it says the same. 1: it cannot be said there, or the file is no policy. */
export async function convertPolicy(file: string, to: Notation, terminal: Terminal): Promise<ExitCode> {
  const policy = await readPolicyFile(file)
  const written = isUnfit(policy) ? policy : writtenAs(policy, to)
  return printed(written, terminal)
}

/** Prints a policy in one layout, or with `write` puts it into its file. 0: done. 1: the file is no policy. */
export async function formatFile(file: string, write: boolean, terminal: Terminal): Promise<ExitCode> {
  const formatted = await formattedIn(file)
  if (typeof formatted !== 'string' || !write) return printed(formatted, terminal)
  await writeFile(file, formatted).catch(() => {
    throw new Failure(`cannot write ${file}`, 'Name a file that is yours.')
  })
  show(terminal, { file }, `${file} written`)
  return EXIT.ok
}

function writtenAs({ file, document }: PolicyFile, to: Notation): string | UnfitFile {
  if (to !== 'cedar') return writePolicy(document, to)
  const cedar = toCedar(document)
  if ('text' in cedar) return cedar.text
  return { file, problems: cedar.refused.map(({ rule, reason }) => problem(`${rule}: ${reason}`)) }
}

const problem = (message: string): PolicyProblem => ({ path: '', message, line: 1, column: 1 })

async function formattedIn(file: string): Promise<string | UnfitFile> {
  const text = await textIn(file)
  if (extname(file) !== '.cedar') {
    const formatted = formatPolicy(text, formatOf(file))
    return typeof formatted === 'string' ? formatted : { file, problems: formatted }
  }
  const formatted = formatCedar(text, file)
  if ('text' in formatted) return formatted.text
  const problems = formatted.faults.map(({ reason, line, column }) => ({
    path: '',
    message: reason,
    line,
    column,
  }))
  return { file, problems }
}

function printed(written: string | UnfitFile, terminal: Terminal): ExitCode {
  if (typeof written === 'string') {
    show(terminal, { text: written }, written.trimEnd())
    return EXIT.ok
  }
  show(terminal, { files: [written] }, problemLines(written).join('\n'))
  return EXIT.no
}
