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

/** Fetches a tenant's evidence and writes it to a file that verifies offline. */
export async function exportEvidence(access: ApiAccess, file: string, terminal: Terminal): Promise<ExitCode> {
  const evidence = await callApi(access, 'records/evidence', Evidence)
  await writeFile(file, JSON.stringify(evidence), { mode: 0o600 })
  show(
    terminal,
    { file, records: evidence.records.length },
    `${evidence.records.length} records written to ${file}. Verify them: writ audit verify ${file}`,
  )
  return EXIT.ok
}

/** Verifies evidence on this machine: signatures, chain, completeness. Nothing the server says about itself is believed. */
export async function verifyRecords(
  access: ApiAccess,
  file: string | undefined,
  terminal: Terminal,
): Promise<ExitCode> {
  const evidence =
    file === undefined ? await callApi(access, 'records/evidence', Evidence) : await evidenceIn(file)
  const verification = verifyEvidence(evidence)
  show(terminal, verification, sentenceOf(verification))
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

function sentenceOf({ holds, records, streams, faults }: Verification): string {
  const scope = `${records} records in ${streams} streams`
  if (holds) return `${scope}: signatures, chain and completeness hold.`
  const lines = faults.map(({ check, decisionId, stream, seq, message }) => {
    const where = decisionId ?? (stream === null ? 'the evidence' : `${stream} #${seq ?? '?'}`)
    return `  ${check}: ${where}: ${message}`
  })
  return [`${scope}: ${faults.length} fault(s).`, ...lines].join('\n')
}
