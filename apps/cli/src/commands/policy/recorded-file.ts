import { AuditRecord, Evidence, RecordView } from '@writ/contracts'
import { z } from 'zod'
import { Failure } from '../../failure.ts'
import { textIn } from './policy-file.ts'

/** Records from a file: evidence of `writ audit export`, or one record (or row of the API) a line. @throws Failure */
export async function recordsIn(file: string): Promise<readonly AuditRecord[]> {
  const text = await textIn(file)
  const evidence = Evidence.safeParse(parsed(text))
  if (evidence.success) return evidence.data.records.flatMap(({ bytes }) => recordIn(bytes, file) ?? [])
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  if (lines.length === 0) throw notRecords(file)
  return lines.flatMap((line) => recordIn(line, file) ?? [])
}

const Row = z.union([AuditRecord, RecordView.transform(named)])

/** Whoever may see names gets them beside the record. */
function named({ record, disclosures = [] }: RecordView): AuditRecord | null {
  const name = disclosures.find(({ path }) => path === '/human/name')?.value
  return record?.human && name !== undefined ? { ...record, human: { id: record.human.id, name } } : record
}

/** Null: the ledger holds something there that nobody can read. */
function recordIn(text: string, file: string): AuditRecord | null {
  const read = Row.safeParse(parsed(text))
  if (!read.success) throw notRecords(file)
  return read.data
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const notRecords = (file: string): Failure =>
  new Failure(`${file} holds no records of Writ`, 'Write them with: writ audit export <file>')
