import { readFile, writeFile } from 'node:fs/promises'
import { verifyEvidence } from '@writ/audit'
import type { Verification } from '@writ/contracts'
import { Evidence } from '@writ/contracts'
import type { ApiAccess } from '../api.ts'
import { callApi } from '../api.ts'
import type { ExitCode } from '../failure.ts'
import { EXIT, Failure } from '../failure.ts'
import type { Terminal } from '../terminal.ts'
import { show } from '../terminal.ts'

export type VerifyOptions = {
  /** absent: ask the control plane */
  readonly file: string | undefined
  /** evidence from before, whose node keys are known to be the right ones */
  readonly trusted: string | undefined
}

/** Fetches a tenant's evidence and writes it to a file that verifies offline. */
export async function exportEvidence(access: ApiAccess, file: string, terminal: Terminal): Promise<ExitCode> {
  const evidence = await callApi(access, 'records/evidence', Evidence)
  await writeFile(file, JSON.stringify(evidence), { mode: 0o600 }).catch(() => {
    throw new Failure(`cannot write ${file}`, 'Name a file in a folder that exists and is yours.')
  })
  show(
    terminal,
    { file, records: evidence.records.length },
    `${evidence.records.length} records written to ${file}. Verify them: writ audit verify ${file}`,
  )
  return EXIT.ok
}

/** Verifies evidence on this machine: signatures, chain, completeness. Without `trusted` the node keys are those that the evidence names. */
export async function verifyRecords(
  access: () => ApiAccess,
  { file, trusted }: VerifyOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const known = trusted === undefined ? undefined : (await evidenceIn(trusted)).nodes
  const evidence =
    file === undefined ? await callApi(access(), 'records/evidence', Evidence) : await evidenceIn(file)
  const verification = verifyEvidence(evidence, known)
  show(terminal, verification, [sentencesOf(verification), ...keysOf(evidence, trusted)].join('\n'))
  return verification.holds ? EXIT.ok : EXIT.no
}

async function evidenceIn(file: string): Promise<Evidence> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new Failure(`cannot read ${file}`, 'Write one with: writ audit export <file>')
  })
  const read = Evidence.safeParse(parsed(text))
  if (!read.success)
    throw new Failure(`${file} is not evidence of Writ`, 'Write one with: writ audit export <file>')
  return read.data
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const MOST_LINES = 50

function sentencesOf({ holds, records, streams, faults }: Verification): string {
  const scope = `${records} records in ${streams} streams`
  if (holds) return `${scope}: signatures, chain and completeness hold.`
  const lines = faults.slice(0, MOST_LINES).map(({ check, decisionId, stream, seq, message }) => {
    const where = decisionId ?? (stream === null ? 'the evidence' : `${stream} #${seq ?? '?'}`)
    return `  ${check}: ${where}: ${message}`
  })
  const rest = faults.length > MOST_LINES ? [`  and ${faults.length - MOST_LINES} more: see --json`] : []
  return [`${scope}: ${faults.length} fault(s).`, ...lines, ...rest].join('\n')
}

function keysOf({ nodes }: Evidence, trusted: string | undefined): string[] {
  const from = trusted === undefined ? 'as the evidence names it; compare it' : `known from ${trusted}`
  return nodes.map(({ node, publicKey }) => `  signing key of ${node}: ${publicKey} (${from})`)
}
